import { serviceKey } from '@meshwork/config/registry'
import { expect, test } from 'vitest'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { snapshotOf } from '../translate/testdata/run-case.ts'
import { ownEndpoints } from './own-endpoints.ts'
import { parseProxyNode, type ProxyNode } from './proxy-node.ts'
import { seenFrom } from './seen-from.ts'
import { viewpointOf } from './viewpoint.ts'

function service(name: string, clusterIP: string, ...ips: readonly string[]): string {
  return `
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: default}
spec: {clusterIP: ${clusterIP}, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: ${name}, namespace: default}
subsets: [{addresses: [${ips.map(ip => `{ip: ${ip}}`).join(', ')}], ports: [{name: http, port: 80}]}]
---
`
}

function localService(host: string): string {
  return `
apiVersion: meshwork.dev/v1
kind: MeshConfig
metadata: {name: istio, namespace: istio-system}
spec: {serviceSettings: [{settings: {clusterLocal: true}, hosts: ['${host}']}]}
---
`
}

function nodeIn(clusterId: string, metadata: Readonly<Record<string, unknown>> = {}): ProxyNode {
  const id = 'sidecar~10.0.0.1~pod.default~default.svc.cluster.local'
  const locality = { region: '', zone: '', subZone: '' }
  const node = parseProxyNode({ id, cluster: '', metadata: { CLUSTER_ID: clusterId, ...metadata }, locality, userAgentName: '' })
  if (node.kind === 'err') throw new Error(node.error)
  return node.value
}

function seenIn(snapshot: MeshSnapshot, clusterId: string): MeshSnapshot {
  return seenFrom(snapshot, viewpointOf(nodeIn(clusterId), snapshot))
}

const TWO = `${service('a', '10.96.0.1', '10.0.0.1')}${service('here', '10.96.0.2', '10.0.0.2')}
# cluster: west
${service('a', '10.96.0.2', '10.1.0.1')}${service('there', '10.96.0.1', '10.1.0.2')}`

function addressesOf({ registry }: MeshSnapshot): unknown {
  return Object.fromEntries(registry.services.map(({ name, addresses }) => [name, addresses.join()]))
}

function placesOf({ registry }: MeshSnapshot, name: string): readonly string[] {
  const key = serviceKey({ hostname: `${name}.default.svc.cluster.local`, namespace: 'default' })
  return (registry.endpoints.get(key) ?? []).map(({ address }) => address)
}

test('services of one name in two clusters are one service with the endpoints of both', () => {
  const snapshot = snapshotOf(TWO)
  expect(snapshot.registry.services.map(({ name }) => name).toSorted()).toEqual(['a', 'here', 'there'])
  expect(placesOf(snapshot, 'a')).toEqual(['10.0.0.1', '10.1.0.1'])
})

test('clients dial the address that a service has in their own cluster', () => {
  const snapshot = snapshotOf(TWO)
  expect(addressesOf(seenIn(snapshot, 'Kubernetes'))).toEqual({ a: '10.96.0.1', here: '10.96.0.2', there: '10.96.0.1' })
  expect(addressesOf(seenIn(snapshot, 'west'))).toEqual({ a: '10.96.0.2', here: '10.96.0.2', there: '10.96.0.1' })
})

test('of two services with one address that of the own cluster stands first', () => {
  const snapshot = snapshotOf(TWO)
  const namesOf = (seen: MeshSnapshot): readonly string[] => seen.registry.services.map(({ name }) => name)
  expect(namesOf(seenIn(snapshot, 'Kubernetes')).at(-1)).toBe('there')
  expect(namesOf(seenIn(snapshot, 'west')).at(-1)).toBe('here')
})

test('what is local to clusters has the endpoints of the own cluster only; the most specific host decides', () => {
  const snapshot = snapshotOf(`${localService('*.default.svc.cluster.local')}${TWO}`)
  expect(placesOf(seenIn(snapshot, 'Kubernetes'), 'a')).toEqual(['10.0.0.1'])
  expect(placesOf(seenIn(snapshot, 'west'), 'a')).toEqual(['10.1.0.1'])
  expect(placesOf(seenIn(snapshot, 'west'), 'here')).toEqual([])
})

test("Kubernetes' own API is that of the cluster", () => {
  const snapshot = snapshotOf(`${service('kubernetes', '10.96.0.1', '10.0.0.1')}
# cluster: west
${service('kubernetes', '10.96.0.1', '10.1.0.1')}`)
  expect(placesOf(seenIn(snapshot, 'west'), 'kubernetes')).toEqual(['10.1.0.1'])
})

test('a proxy with the address of one in another cluster is not that one', () => {
  const snapshot = snapshotOf(`${service('a', '10.96.0.1', '10.0.0.1')}
# cluster: west
${service('b', '10.96.0.1', '10.0.0.1')}`)
  const ownHosts = (clusterId: string): readonly string[] => ownEndpoints(nodeIn(clusterId), snapshot).map(({ hostname }) => hostname)
  expect(ownHosts('Kubernetes')).toEqual(['a.default.svc.cluster.local'])
  expect(ownHosts('west')).toEqual(['b.default.svc.cluster.local'])
})

test('the configuration of another cluster does not count', () => {
  const snapshot = snapshotOf(`${service('a', '10.96.0.1', '10.0.0.1')}
# cluster: west
${localService('a')}
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: foreign, namespace: default}
spec: {hosts: [foreign.example], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS}
`)
  expect(snapshot.registry.services.map(({ name }) => name)).toEqual(['a'])
  expect(snapshot.mesh.serviceSettings).toEqual([])
})

test('the mesh looks the same from everywhere as long as there is one cluster and no gateway between networks', () => {
  const snapshot = snapshotOf(service('a', '10.96.0.1', '10.0.0.1'))
  expect(seenIn(snapshot, 'west')).toBe(snapshot)
})

test('a proxy says itself on which network it is, else its label, else its cluster', () => {
  const namespace = (network: string): string => `
apiVersion: v1
kind: Namespace
metadata: {name: istio-system, labels: {topology.istio.io/network: ${network}}}
---
`
  const snapshot = snapshotOf(`${namespace('one')}
# cluster: west
${namespace('two')}`)
  const networkOf = (node: ProxyNode): string | undefined => viewpointOf(node, snapshot)?.network
  expect(networkOf(nodeIn('Kubernetes'))).toBe('one')
  expect(networkOf(nodeIn('west'))).toBe('two')
  expect(networkOf(nodeIn('west', { LABELS: { 'topology.istio.io/network': 'three' } }))).toBe('three')
  expect(networkOf(nodeIn('west', { LABELS: { 'topology.istio.io/network': 'three' }, NETWORK: 'four' }))).toBe('four')
})

test('endpoints that say no network are on that of their cluster, so that rules of nearness can go by it', () => {
  const namespace = (network: string): string => `
apiVersion: v1
kind: Namespace
metadata: {name: istio-system, labels: {topology.istio.io/network: ${network}}}
---
`
  const snapshot = snapshotOf(`${namespace('one')}${service('a', '10.96.0.1', '10.0.0.1')}
# cluster: west
${namespace('two')}${service('a', '10.96.0.1', '10.1.0.1')}`)
  const key = serviceKey({ hostname: 'a.default.svc.cluster.local', namespace: 'default' })
  const networks = (clusterId: string): unknown =>
    seenIn(snapshot, clusterId)
      .registry.endpoints.get(key)
      ?.map(({ network }) => network)
  expect(networks('Kubernetes')).toEqual(['one', 'two'])
  // Views remember what they made of a list.
  expect(seenIn(snapshot, 'west').registry.endpoints.get(key)).toBe(seenIn(snapshot, 'west').registry.endpoints.get(key))
})
