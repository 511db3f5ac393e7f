import { readText } from '@meshwork/config/file'
import { DEFAULT_MESH_CONFIG } from '@meshwork/config/kinds'
import type { ConfigBatch } from '@meshwork/config/source'
import { silentLogger } from '@meshwork/core/log'
import { CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE } from '@meshwork/xds/types'
import { ManualClock } from '@meshwork/testkit/clock'
import { expect, test } from 'vitest'
import { SnapshotStore } from '../snapshot/snapshot-store.ts'
import { sidecarIdentity } from '../view/testdata/sidecar-identity.ts'
import { PushLoop, type PushReport } from './push-loop.ts'

const SERVICES = ['reviews', 'ratings', 'details'].map(name => service(name)).join('---')

function service(name: string): string {
  return `
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: default}
spec: {clusterIP: 10.96.0.1, ports: [{name: http, port: 9080}]}
`
}

function endpoints(name: string, ...ips: readonly string[]): string {
  return `
apiVersion: v1
kind: Endpoints
metadata: {name: ${name}, namespace: default}
subsets: [{addresses: [${ips.map(ip => `{ip: ${ip}}`).join(', ')}], ports: [{name: http, port: 9080}]}]
`
}

function batch(text: string): ConfigBatch {
  const { objects, rejections } = readText(text, 'test.yaml')
  return { upserts: objects, deletes: [], rejections }
}

const IDENTITY = sidecarIdentity()

function setup(): { loop: PushLoop; clock: ManualClock; pushes: PushReport[] } {
  const clock = new ManualClock()
  const pushes: PushReport[] = []
  const store = new SnapshotStore({ clusterDomain: 'cluster.local', mesh: DEFAULT_MESH_CONFIG })
  const loop = new PushLoop({
    store,
    clock,
    log: silentLogger,
    quietMs: 20,
    maxMs: 1000,
    snapshotChanged: () => undefined,
    pushed: report => pushes.push(report),
  })
  loop.apply('test', batch([SERVICES, ...['reviews', 'ratings', 'details'].map((name, i) => endpoints(name, `10.1.1.${i}`))].join('---')))
  loop.flush()
  return { loop, clock, pushes }
}

const TYPES = [CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE]

test('a new endpoint recomputes one assignment and nothing else, at once', () => {
  const { loop, pushes } = setup()
  const key = loop.ensure(IDENTITY)
  loop.flush()
  const before = TYPES.map(type => loop.cache.resources(key, type))
  const misses = structuredClone(loop.generator.counters())
  const told: string[] = []
  for (const type of TYPES) loop.cache.watch(key, type, () => told.push(type))

  loop.apply('test', batch(endpoints('ratings', '10.1.1.1', '10.1.1.9')))

  const after = loop.generator.counters()
  expect({
    clusters: after.clusters.misses - misses.clusters.misses,
    endpoints: after.endpoints.misses - misses.endpoints.misses,
    listeners: after.listeners.misses - misses.listeners.misses,
    routes: after.routes.misses - misses.routes.misses,
  }).toEqual({ clusters: 0, endpoints: 1, listeners: 0, routes: 0 })
  expect(told).toEqual([ENDPOINT_TYPE])
  expect(pushes.at(-1)?.revision).toBe(2)
  const changed = TYPES.flatMap((type, i) =>
    [...(loop.cache.resources(key, type) ?? [])].filter(([name, r]) => before[i]?.get(name)?.version !== r.version),
  )
  expect(changed.map(([name]) => name)).toEqual(['outbound|9080||ratings.default.svc.cluster.local'])
})

test('other configuration waits for quiet', () => {
  const { loop, clock, pushes } = setup()
  const before = pushes.length
  loop.apply('test', batch(service('late')))
  clock.advance(19)
  loop.apply('test', batch(service('later')))
  clock.advance(19)
  expect(pushes.length).toBe(before)
  clock.advance(1)
  expect(pushes.length).toBe(before + 1)
  expect(loop.snapshot.registry.services.map(s => s.name)).toContain('later')
})

test('equal identities share one view, and it goes with its last client', () => {
  const { loop } = setup()
  const key = loop.ensure(IDENTITY)
  expect(loop.ensure({ ...IDENTITY })).toBe(key)
  expect(loop.ensure({ ...IDENTITY, namespace: 'other' })).not.toBe(key)
  loop.retain(new Set([key]))
  expect(loop.cache.viewKeys()).toEqual([key])
})

test('workloads of one namespace share what leads away from them', () => {
  const { loop } = setup()
  const [one, two] = [
    { ...IDENTITY, labels: { app: 'one' } },
    { ...IDENTITY, labels: { app: 'two' } },
  ].map(identity => loop.ensure(identity))
  expect(one).not.toBe(two)
  const route = (key: string | undefined): unknown => loop.cache.resources(key ?? '', ROUTE_TYPE)
  expect(route(one)).toBe(route(two))
  loop.apply(
    'test',
    batch(`
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: default}
spec:
  hosts: [reviews]
  http:
    - {match: [{sourceLabels: {app: one}}], route: [{destination: {host: ratings}}]}
    - route: [{destination: {host: reviews}}]
`),
  )
  const told: string[] = []
  for (const key of [one ?? '', two ?? '']) loop.cache.watch(key, ROUTE_TYPE, () => told.push(key))
  loop.flush()
  expect(told).toEqual([one, two])
  expect(route(one)).not.toEqual(route(two))
})

test('a program with gRPC of its own gets a listener for each name that it may dial, and nothing of its own side', () => {
  const { loop } = setup()
  const key = loop.ensure({ ...IDENTITY, generator: 'grpc' })
  const names = (type: string): string[] => [...(loop.cache.resources(key, type)?.keys() ?? [])]
  expect(names(LISTENER_TYPE)).toEqual(
    expect.arrayContaining(['reviews.default.svc.cluster.local:9080', 'reviews:9080', 'ratings.default:9080']),
  )
  expect(names(LISTENER_TYPE)).not.toContain('virtualInbound')
  expect(names(ROUTE_TYPE).toSorted()).toEqual(['details', 'ratings', 'reviews'].map(name => `${name}.default.svc.cluster.local:9080`))
  expect(names(CLUSTER_TYPE).toSorted()).toEqual(names(ENDPOINT_TYPE).toSorted())
  loop.apply('test', batch(endpoints('ratings', '10.1.1.1', '10.1.1.9')))
  expect(names(CLUSTER_TYPE)).toHaveLength(3)
})

test('a route that leads nowhere is reported', () => {
  const { loop, pushes } = setup()
  loop.ensure(IDENTITY)
  loop.apply(
    'test',
    batch(`
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: default}
spec: {hosts: [reviews], http: [{route: [{destination: {host: reviews, subset: v9}}]}]}
`),
  )
  loop.flush()
  expect(pushes.at(-1)?.dangling).toEqual([{ from: 'route 9080', cluster: 'outbound|9080|v9|reviews.default.svc.cluster.local' }])
})

test('the same configuration makes the same bytes after a restart', () => {
  const versions = [setup(), setup()].map(({ loop }) => {
    const key = loop.ensure(IDENTITY)
    return TYPES.flatMap(type => [...(loop.cache.resources(key, type) ?? [])].map(([name, resource]) => `${name} ${resource.version}`))
  })
  expect(versions[0]).toEqual(versions[1])
  expect(versions[0]?.length).toBeGreaterThan(8)
})

test('a rule for the own service reaches the inbound side, with limits for the server', () => {
  const { loop } = setup()
  const service = { host: 'reviews.default.svc.cluster.local', name: 'reviews', namespace: 'default' }
  const key = loop.ensure({ ...IDENTITY, ownPorts: [{ port: 9080, servicePort: 9080, protocol: 'http', grpc: false, service }] })
  const inbound = (): string | undefined => loop.cache.resources(key, CLUSTER_TYPE)?.get('inbound|9080||')?.version
  const before = inbound()
  loop.apply(
    'test',
    batch(`
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews, namespace: default}
spec: {host: reviews, trafficPolicy: {connectionPool: {tcp: {maxConnections: 7}}}}
`),
  )
  loop.flush()
  expect(before).toBeDefined()
  expect(inbound()).not.toBe(before)
})

test('an edit of a rule makes only the tables of its ports anew, and other namespaces share all clusters', () => {
  const { loop } = setup()
  const keys = [IDENTITY, { ...IDENTITY, namespace: 'shop', dnsDomain: 'shop.svc.cluster.local' }].map(identity => loop.ensure(identity))
  loop.apply('test', batch(service('other').replace('9080', '9090')))
  loop.flush()
  const misses = structuredClone(loop.generator.counters())
  loop.apply(
    'test',
    batch(`
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ratings, namespace: default}
spec: {hosts: [ratings], http: [{timeout: 1s, route: [{destination: {host: ratings}}]}]}
`),
  )
  loop.flush()
  const { clusters, listeners, routes } = loop.generator.counters()
  expect([clusters.misses - misses.clusters.misses, listeners.misses - misses.listeners.misses]).toEqual([0, 0])
  expect(routes.misses - misses.routes.misses).toBe(keys.length)
  const [first, second] = keys.map(key => loop.view(key)?.clusters ?? [])
  expect(first?.length).toBeGreaterThan(5)
  expect(first?.every((cluster, i) => cluster === second?.[i])).toBe(true)
})
