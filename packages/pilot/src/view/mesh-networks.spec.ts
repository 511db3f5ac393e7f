import { serviceKey } from '@meshwork/config/registry'
import { expect, test } from 'vitest'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { SnapshotStore } from '../snapshot/snapshot-store.ts'
import { batchOf } from '../translate/testdata/run-case.ts'
import { DEFAULT_MESH_CONFIG } from '@meshwork/config/kinds'
import { parseProxyNode, type ProxyNode } from './proxy-node.ts'
import { seenFrom } from './seen-from.ts'
import { viewpointOf } from './viewpoint.ts'

const HOST = 'a.default.svc.cluster.local'
const GATEWAY = 'gw.istio-system.svc.cluster.local'

/** A service with a pod that takes mutual TLS. */
function service(clusterIP: string, ip: string): string {
  return `
apiVersion: v1
kind: Service
metadata: {name: a, namespace: default}
spec: {clusterIP: ${clusterIP}, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: a, namespace: default}
subsets: [{addresses: [{ip: ${ip}}], ports: [{name: http, port: 80}]}]
---
`
}

function gateway(spec: string, metadata: string, status = '{}'): string {
  return `
apiVersion: v1
kind: Service
metadata: {name: gw, namespace: istio-system${metadata}}
spec: {${spec}}
status: ${status}
---
`
}

function networks(text: string): string {
  return `
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: "", meshNetworks: ${JSON.stringify(`networks: ${text}`)}}
---
`
}

function storeOf(own: string, west: string): SnapshotStore {
  const store = new SnapshotStore({ clusterDomain: 'cluster.local', clusterId: 'east', mesh: DEFAULT_MESH_CONFIG })
  store.apply('test', batchOf(own, 'east.yaml'))
  store.applyRemote('west', batchOf(west, 'west.yaml'))
  return store
}

function nodeIn(clusterId: string, ip = '10.0.0.99'): ProxyNode {
  const id = `sidecar~${ip}~pod.default~default.svc.cluster.local`
  const locality = { region: '', zone: '', subZone: '' }
  const node = parseProxyNode({ id, cluster: '', metadata: { CLUSTER_ID: clusterId }, locality, userAgentName: '' })
  if (node.kind === 'err') throw new Error(node.error)
  return node.value
}

/** Where a proxy sends requests for the service. */
function waysFrom(snapshot: MeshSnapshot, node: ProxyNode, hostname = HOST): readonly string[] {
  const { registry } = seenFrom(snapshot, viewpointOf(node, snapshot))
  const places = registry.endpoints.get(serviceKey({ hostname, namespace: 'default' })) ?? []
  return places.map(({ address, port, gatewayPort }) => `${address}:${gatewayPort ?? port}`)
}

test.each(['east', 'Kubernetes'])('settings say on which networks clusters are (%s), and which services are the gateways', own => {
  const text = networks(`
  one: {endpoints: [{fromRegistry: ${own}}], gateways: [{registryServiceName: ${GATEWAY}, port: 443}]}
  two: {endpoints: [{fromRegistry: west}], gateways: [{registryServiceName: ${GATEWAY}, port: 8443}]}`)
  const balanced = (ip: string): string =>
    gateway('type: LoadBalancer, ports: [{port: 443}]', '', `{loadBalancer: {ingress: [{ip: ${ip}}]}}`)
  const store = storeOf(
    text + service('10.96.0.1', '10.0.0.1') + balanced('192.0.2.1'),
    service('10.96.0.1', '10.1.0.1') + balanced('192.0.2.2'),
  )
  expect(waysFrom(store.current(), nodeIn('east'))).toEqual(['10.0.0.1:80', '192.0.2.2:8443'])
  expect(waysFrom(store.current(), nodeIn('west'))).toEqual(['192.0.2.1:443', '10.1.0.1:80'])
})

test('labels go before settings', () => {
  const text = networks(`
  two: {endpoints: [{fromRegistry: west}], gateways: [{registryServiceName: ${GATEWAY}, port: 8443}]}`)
  const labelled = `{apiVersion: v1, kind: Namespace, metadata: {name: istio-system, labels: {topology.istio.io/network: three}}}\n---\n`
  const balanced = gateway(
    'type: LoadBalancer, ports: [{port: 443}]',
    ', labels: {topology.istio.io/network: three}',
    '{loadBalancer: {ingress: [{ip: 192.0.2.2}]}}',
  )
  const store = storeOf(
    text + labelled.replace('three', 'one') + service('10.96.0.1', '10.0.0.1'),
    labelled + balanced + service('10.96.0.1', '10.1.0.1'),
  )
  expect(waysFrom(store.current(), nodeIn('east'))).toEqual(['10.0.0.1:80', '192.0.2.2:15443'])
})

test('addresses say on which network endpoints and proxies are of which nothing else says it; gateways may have addresses', () => {
  const text = networks(`
  pods: {endpoints: [{fromCidr: 10.0.0.0/16}]}
  machines: {endpoints: [{fromCidr: 172.16.0.0/12}], gateways: [{address: 192.0.2.9, port: 15443}]}`)
  const machine = (address: string, network = ''): string => `
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: m${address.replaceAll('.', '-')}, namespace: default, labels: {app: a}}
spec: {address: ${address}, serviceAccount: vm${network}}
---
apiVersion: v1
kind: Service
metadata: {name: b, namespace: default}
spec: {clusterIP: 10.96.0.2, selector: {app: a}, ports: [{name: http, port: 80}]}
---
`
  const store = storeOf(text + machine('172.16.0.5'), '')
  const host = HOST.replace('a', 'b')
  expect(waysFrom(store.current(), nodeIn('east', '10.0.0.7'), host)).toEqual(['192.0.2.9:15443'])
  expect(waysFrom(store.current(), nodeIn('east', '172.16.0.6'), host)).toEqual(['172.16.0.5:80'])
  const elsewhere = storeOf(text + machine('172.16.0.5', ', network: pods'), '')
  expect(waysFrom(elsewhere.current(), nodeIn('east', '10.0.0.7'), host)).toEqual(['172.16.0.5:80'])
})

test('a gateway behind ports of machines is reached at those that its annotation selects', () => {
  const node = (name: string, ip: string, role: string): string =>
    `{apiVersion: v1, kind: Node, metadata: {name: ${name}, labels: {role: ${role}}}, status: {addresses: [{type: InternalIP, address: 10.9.0.1}, {type: ExternalIP, address: ${ip}}]}}\n---\n`
  const label = 'labels: {topology.istio.io/network: two}'
  const atNodes = (selector: string): string =>
    gateway(
      'type: NodePort, ports: [{port: 15443, nodePort: 31443}]',
      `, ${label}, annotations: {traffic.istio.io/nodeSelector: '${selector}'}`,
    )
  const namespace = (network: string): string =>
    `{apiVersion: v1, kind: Namespace, metadata: {name: istio-system, labels: {topology.istio.io/network: ${network}}}}\n---\n`
  const nodes = node('n1', '192.0.2.1', 'edge') + node('n2', '192.0.2.2', 'edge') + node('n3', '192.0.2.3', 'inner')
  const store = storeOf(namespace('one'), namespace('two') + service('10.96.0.1', '10.1.0.1') + nodes + atNodes('{"role": "edge"}'))
  expect(waysFrom(store.current(), nodeIn('east'))).toEqual(['192.0.2.1:31443', '192.0.2.2:31443'])
  store.applyRemote('west', batchOf(node('n1', '192.0.2.77', 'edge') + atNodes('{}'), 'west.yaml'))
  expect(waysFrom(store.current(), nodeIn('east'))).toEqual(['192.0.2.77:31443', '192.0.2.2:31443', '192.0.2.3:31443'])
})

test('a gateway that has only a name counts once its addresses are known, and follows them', () => {
  const namespace = (network: string): string =>
    `{apiVersion: v1, kind: Namespace, metadata: {name: istio-system, labels: {topology.istio.io/network: ${network}}}}\n---\n`
  const named = gateway(
    'type: LoadBalancer, ports: [{port: 15443}]',
    ', labels: {topology.istio.io/network: two}',
    '{loadBalancer: {ingress: [{hostname: lb.cloud.example}]}}',
  )
  const store = storeOf(namespace('one'), namespace('two') + service('10.96.0.1', '10.1.0.1') + named)
  expect(store.current().networks.names).toEqual(['lb.cloud.example'])
  store.setGatewayAddresses('lb.cloud.example', ['192.0.2.1', '192.0.2.2'])
  expect(waysFrom(store.current(), nodeIn('east'))).toEqual(['192.0.2.1:15443', '192.0.2.2:15443'])
  store.setGatewayAddresses('lb.cloud.example', ['192.0.2.3'])
  expect(waysFrom(store.current(), nodeIn('east'))).toEqual(['192.0.2.3:15443'])
})

test('what is outside of the mesh is on no network of it: nobody looks for it behind a gateway', () => {
  const namespace = (network: string): string =>
    `{apiVersion: v1, kind: Namespace, metadata: {name: istio-system, labels: {topology.istio.io/network: ${network}}}}\n---\n`
  const balanced = gateway(
    'type: LoadBalancer, ports: [{port: 15443}]',
    ', labels: {topology.istio.io/network: one}',
    '{loadBalancer: {ingress: [{ip: 192.0.2.2}]}}',
  )
  const outside = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: outside, namespace: default}
spec: {hosts: [outside.example], location: MESH_EXTERNAL, resolution: STATIC, ports: [{number: 80, name: http, protocol: HTTP}], endpoints: [{address: 198.51.100.1}]}
`
  const store = storeOf(namespace('one') + balanced + outside, namespace('two'))
  expect(waysFrom(store.current(), nodeIn('west'), 'outside.example')).toEqual(['198.51.100.1:80'])
})
