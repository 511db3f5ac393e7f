/** Objects of the cluster for told scenarios, as YAML documents that end in \`---\`. */

export function pod(name: string, namespace: string, ip: string, labels: string, account: string = 'default'): string {
  return `{apiVersion: v1, kind: Pod, metadata: {name: ${name}, namespace: ${namespace}, labels: ${labels}}, spec: {serviceAccountName: ${account}, containers: [{name: app, image: app}]}, status: {phase: Running, podIP: ${ip}, conditions: [{type: Ready, status: 'True'}]}}\n---\n`
}

/** A Service on one pod; `ports` as `{name: http, port: 80, targetPort: 8080}`, comma-separated. */
export function service(name: string, namespace: string, clusterIp: string, ports: string, podName: string, podIp: string): string {
  const slicePorts = ports.replaceAll(/port: \d+, targetPort: /g, 'port: ')
  return (
    `{apiVersion: v1, kind: Service, metadata: {name: ${name}, namespace: ${namespace}}, spec: {clusterIP: ${clusterIp}, selector: {app: ${name}}, ports: [${ports}]}}\n---\n` +
    `{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: IPv4, metadata: {name: ${name}-1, namespace: ${namespace}, labels: {kubernetes.io/service-name: ${name}}}, ports: [${slicePorts}], endpoints: [{addresses: [${podIp}], conditions: {ready: true}, targetRef: {kind: Pod, name: ${podName}, namespace: ${namespace}}}]}\n---\n`
  )
}

export function object(
  kind: string,
  name: string,
  spec: string,
  namespace: string = 'default',
  apiVersion: string = 'networking.istio.io/v1',
): string {
  return `{apiVersion: ${apiVersion}, kind: ${kind}, metadata: {name: ${name}, namespace: ${namespace}}, spec: ${spec}}\n---\n`
}
