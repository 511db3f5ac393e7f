/** The cluster that random configurations speak of: HTTP and TCP services with pods, a headless one, and an ingress gateway. */
export function randomWorld(): string {
  return [
    ...service('productpage', '10.96.0.1', 'http', 9080, '10.44.3.1'),
    ...service('reviews', '10.96.0.2', 'http', 9080, '10.44.3.2'),
    ...service('ratings', '10.96.0.3', 'grpc', 9080, '10.44.3.3'),
    ...service('tcp', '10.96.0.4', 'tcp', 3306, '10.44.3.4'),
    ...service('tls', '10.96.0.5', 'https', 443, '10.44.3.5'),
    ...service('headless', 'None', 'tcp', 9090, '10.44.3.6'),
    ...service('istio-ingressgateway', '10.96.0.7', 'http2', 80, '10.44.2.1', 'istio-system'),
  ].join('\n---\n')
}

function service(name: string, clusterIp: string, port: string, number: number, podIp: string, namespace = 'default'): readonly string[] {
  const labels = `{app: ${name}, version: v1${name === 'istio-ingressgateway' ? ', istio: ingressgateway' : ''}}`
  return [
    `apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: ${namespace}}
spec: {clusterIP: ${clusterIp}, selector: {app: ${name}}, ports: [{name: ${port}, port: ${number}}]}`,
    `apiVersion: v1
kind: Pod
metadata: {name: ${name}-v1-1, namespace: ${namespace}, labels: ${labels}}
spec: {serviceAccountName: ${name}, nodeName: n1}
status: {phase: Running, podIP: ${podIp}, conditions: [{type: Ready, status: "True"}]}`,
    `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ${name}-1, namespace: ${namespace}, labels: {kubernetes.io/service-name: ${name}}}
addressType: IPv4
ports: [{name: ${port}, port: ${number}}]
endpoints: [{addresses: [${podIp}], conditions: {ready: true}, nodeName: n1, targetRef: {kind: Pod, name: ${name}-v1-1, namespace: ${namespace}}}]`,
  ]
}
