type Cluster = 'east' | 'west'

export interface WorldPod {
  readonly name: string
  readonly cluster: Cluster
  readonly address: string
  readonly kind: 'sidecar' | 'router'
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
}

/** Pods of the clusters; their gateways have addresses outside of both. */
export const NETWORK: Readonly<Record<Cluster, string>> = { east: '10.45.1.0/24', west: '10.45.2.0/24' }
const GATEWAYS: Readonly<Record<Cluster, string>> = { east: '10.45.9.1', west: '10.45.9.2' }
/** Both clusters give out the same virtual addresses, as clusters do. */
const ADDRESSES: Readonly<Record<Cluster, Readonly<Record<string, string>>>> = {
  east: { shared: '10.96.0.10', east: '10.96.0.11', west: '10.96.0.12' },
  west: { shared: '10.96.0.11', east: '10.96.0.12', west: '10.96.0.10' },
}

export const PODS: readonly WorldPod[] = (['east', 'west'] as const).flatMap(cluster => {
  const address = (host: number): string => NETWORK[cluster].replace('0/24', String(host))
  const pod = (name: string, host: number): WorldPod => ({
    name: `${cluster}-${name}`,
    cluster,
    address: address(host),
    kind: 'sidecar',
    namespace: 'default',
    labels: { app: name, 'security.istio.io/tlsMode': 'istio', 'istio-locality': `${cluster}.a` },
  })
  const gateway: WorldPod = {
    name: `${cluster}-gw`,
    cluster,
    address: GATEWAYS[cluster],
    kind: 'router',
    namespace: 'istio-system',
    labels: { istio: 'eastwestgateway' },
  }
  return [pod('client', 1), pod('app', 2), gateway]
})

/** Address at which clients of a cluster dial a service: `shared`, which both have, or `east` or `west`, where its only pod is. */
export function dialled(from: Cluster, service: 'shared' | Cluster): string {
  return `http://${ADDRESSES[from][service] ?? ''}/`
}

/** How the clusters are joined: one network for both, or one for each, of which labels tell or the settings of the mesh. */
export type Joining = 'one-network' | 'labelled-networks' | 'stated-networks'

/** The objects of one cluster. */
export function clusterObjects(cluster: Cluster, joining: Joining): string {
  const label = networkLabel(cluster, joining)
  const namespace = `{apiVersion: v1, kind: Namespace, metadata: {name: istio-system, labels: ${label}}}`
  const gateway = joining === 'one-network' ? '' : eastWestGateway(cluster, joining === 'labelled-networks' ? label : '{}')
  const documents = [namespace, ...PODS.filter(pod => pod.cluster === cluster).map(podObject), gateway]
  const services = (['shared', 'east', 'west'] as const).flatMap(service => serviceObjects(cluster, service))
  const rules = cluster === 'east' ? [MESH_RULES, ...(joining === 'stated-networks' ? [MESH_NETWORKS] : [])] : []
  return [...documents, ...services, ...rules].filter(text => text !== '').join('\n---\n')
}

function networkLabel(cluster: Cluster, joining: Joining): string {
  if (joining === 'stated-networks') return '{}'
  return `{topology.istio.io/network: ${joining === 'one-network' ? 'one-network' : `${cluster}-network`}}`
}

/** As users of Istio write it: pods by their cluster, one gateway as a service, the other one by its address. */
const MESH_NETWORKS = `
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  mesh: ''
  meshNetworks: |
    networks:
      east-network:
        endpoints: [{fromRegistry: Kubernetes}]
        gateways: [{registryServiceName: istio-eastwestgateway.istio-system.svc.cluster.local, port: 15443}]
      west-network:
        endpoints: [{fromRegistry: west}]
        gateways: [{address: ${GATEWAYS.west}, port: 15443}]
`

/** Only mutual TLS between workloads; what passes between networks goes by its name. */
const MESH_RULES = `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: istio-system}
spec: {mtls: {mode: STRICT}}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: cross-network, namespace: istio-system}
spec:
  selector: {istio: eastwestgateway}
  servers: [{port: {number: 15443, name: tls, protocol: TLS}, tls: {mode: AUTO_PASSTHROUGH}, hosts: ['*.local']}]
`

function podObject({ name, namespace: home, labels, address }: WorldPod): string {
  const metadata = JSON.stringify({ name, namespace: home, labels })
  return `{apiVersion: v1, kind: Pod, metadata: ${metadata}, spec: {serviceAccountName: ${name}, containers: []}, status: {podIP: ${address}}}`
}

function eastWestGateway(cluster: Cluster, labels: string): string {
  return `
apiVersion: v1
kind: Service
metadata: {name: istio-eastwestgateway, namespace: istio-system, labels: ${labels}}
spec: {type: LoadBalancer, ports: [{name: tls, port: 15443}]}
status: {loadBalancer: {ingress: [{ip: ${GATEWAYS[cluster]}}]}}`
}

function serviceObjects(cluster: Cluster, service: 'shared' | Cluster): readonly string[] {
  const here = service === 'shared' || service === cluster ? PODS.filter(({ name }) => name === `${cluster}-app`) : []
  const endpoints = here.map(({ name, address }) => ({
    addresses: [address],
    conditions: { ready: true },
    targetRef: { kind: 'Pod', name, namespace: 'default' },
  }))
  const labels = JSON.stringify({ 'kubernetes.io/service-name': service })
  return [
    `{apiVersion: v1, kind: Service, metadata: {name: ${service}}, spec: {clusterIP: ${ADDRESSES[cluster][service]}, ports: [{name: http, port: 80, targetPort: 8080}]}}`,
    `{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: ${service}-1, labels: ${labels}}, addressType: IPv4, ports: [{name: http, port: 8080}], endpoints: ${JSON.stringify(endpoints)}}`,
  ]
}
