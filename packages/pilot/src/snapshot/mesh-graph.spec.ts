import { readText } from '@meshwork/config/file'
import { type ConfigObject, DEFAULT_MESH_CONFIG } from '@meshwork/config/kinds'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MeshGraph, type MeshTables } from './mesh-graph.ts'

function meshGraph(objects: Iterable<ConfigObject> = []): MeshGraph {
  const graph = new MeshGraph({ clusterDomain: 'cluster.local', mesh: DEFAULT_MESH_CONFIG, compareEvery: 1 })
  for (const object of objects) graph.set(object)
  return graph
}

function parsed(yaml: string): readonly ConfigObject[] {
  const { objects, rejections } = readText(yaml, 'test.yaml')
  expect(rejections).toEqual([])
  return objects
}

function object(apiVersion: string, kind: string, name: string, rest: string, second = 1): string {
  const stamp = new Date(second * 1000).toISOString()
  return `{apiVersion: ${apiVersion}, kind: ${kind}, metadata: {name: ${name}, annotations: {alpha.istio.io/kubernetes-serviceaccounts: vm}, creationTimestamp: "${stamp}"}, ${rest}}`
}

const networking = (kind: string, name: string, spec: string, second?: number): string =>
  object('networking.istio.io/v1', kind, name, `spec: {${spec}}`, second)
const virtualService = (name: string, host: string, second?: number): string =>
  networking('VirtualService', name, `hosts: [${host}], http: [{route: [{destination: {host: a}}]}]`, second)
const ROOT = networking('VirtualService', 'r', 'hosts: [b], http: [{delegate: {name: p}}]')
const part = (prefix: string): string =>
  networking('VirtualService', 'p', `http: [{match: [{uri: {prefix: ${prefix}}}], route: [{destination: {host: a}}]}]`)
const rule = (host: string): string => networking('DestinationRule', 'r', `host: ${host}`)
const service = (name: string): string => object('v1', 'Service', name, 'spec: {clusterIP: 10.0.0.1, ports: [{name: http, port: 80}]}')
const endpoints = (name: string, ip: string): string =>
  object('v1', 'Endpoints', name, `subsets: [{addresses: [{ip: ${ip}}], ports: [{name: http, port: 8080}]}]`)
const meshConfig = (spec: string): string => object('meshwork.dev/v1', 'MeshConfig', 'default', `spec: {${spec}}`)

const BASE = [service('a'), service('b'), endpoints('a', '10.1.0.1'), endpoints('b', '10.1.0.2'), virtualService('v', 'a'), rule('a')]

/** Runs of every collection of the registry and of the settings, together. */
function registryRuns({ registry, mesh }: MeshGraph): number {
  return [registry.services, registry.endpoints, registry.registry, mesh].reduce((sum, { computations }) => sum + computations, 0)
}

function partsThatChanged(before: MeshTables, after: MeshTables): readonly string[] {
  const parts: Readonly<Record<string, unknown>> = { ...after }
  return Object.entries(before).flatMap(([name, part]) => (parts[name] === part ? [] : [name]))
}

test.each<[string, string, readonly string[]]>([
  ['a VirtualService', virtualService('w', 'b'), ['virtualServices']],
  ['a DestinationRule', rule('b'), ['destinationRules']],
  ['a Sidecar', networking('Sidecar', 's', 'egress: [{hosts: ["*/*"]}]'), ['sidecars']],
  ['endpoints', endpoints('b', '10.1.0.3'), ['registry']],
  ['settings that no identity hangs on', meshConfig('accessLogFile: /dev/stdout'), ['mesh']],
  ['the trust domain', meshConfig('trustDomain: other'), ['mesh', 'registry']],
  ['a kind that proxies do not see', object('v1', 'Namespace', 'n', 'spec: {}'), []],
])('%s: only its own part is replaced', (_, yaml, expected) => {
  const graph = meshGraph(BASE.flatMap(parsed))
  const before = graph.commit()
  for (const each of parsed(yaml)) graph.set(each)
  expect(partsThatChanged(before, graph.commit())).toEqual(expected)
})

test('a VirtualService computes nothing of the registry, and leaves the others as they are', () => {
  const graph = meshGraph(BASE.flatMap(parsed))
  const before = graph.commit()
  const runs = registryRuns(graph)
  for (const each of parsed(virtualService('w', 'b', 2))) graph.set(each)
  const after = graph.commit()
  expect(registryRuns(graph) - runs).toBe(0)
  expect(after.virtualServices.map(({ meta, spec }) => [meta.name, spec.hosts])).toEqual([
    ['v', ['a.default.svc.cluster.local']],
    ['w', ['b.default.svc.cluster.local']],
  ])
  expect(after.virtualServices[0]).toBe(before.virtualServices[0])
})

test('a part stands only in the objects that delegate to it, and changes with them', () => {
  const graph = meshGraph([...BASE, ROOT, part('/a')].flatMap(parsed))
  const before = graph.commit()
  expect(before.virtualServices.map(({ meta, parts }) => [meta.name, parts?.length])).toEqual([
    ['r', 1],
    ['v', undefined],
  ])
  for (const each of parsed(part('/b'))) graph.set(each)
  const after = graph.commit()
  expect(after.virtualServices[0]?.spec.http).toMatchObject([{ match: [{ uri: { value: '/b' } }] }])
  expect(after.virtualServices[1]).toBe(before.virtualServices[1])
  graph.delete({ kind: 'VirtualService', namespace: 'default', name: 'p' })
  expect(graph.commit().virtualServices[0]?.spec.http).toEqual([])
})

test('objects come oldest first, and by name where they are of one age', () => {
  const graph = meshGraph([virtualService('a', 'a', 3), virtualService('c', 'a', 2), virtualService('b', 'a', 2)].flatMap(parsed))
  expect(graph.commit().virtualServices.map(({ meta }) => meta.name)).toEqual(['b', 'c', 'a'])
})

test('endpoints of one service compute that one', () => {
  const graph = meshGraph(BASE.flatMap(parsed))
  const before = graph.commit()
  const { computations } = graph.registry.endpoints
  for (const each of parsed(endpoints('b', '10.1.0.3'))) graph.set(each)
  const after = graph.commit()
  expect(graph.registry.endpoints.computations - computations).toBe(1)
  expect(after.registry.services).toBe(before.registry.services)
  const a = 'default/a.default.svc.cluster.local'
  expect(after.registry.endpoints.get(a)).toBe(before.registry.endpoints.get(a))
})

const VERSIONS = [
  ...BASE,
  endpoints('a', '10.1.0.2'),
  virtualService('v', 'b', 3),
  virtualService('w', 'A.default.svc.cluster.local', 2),
  virtualService('x', 'a', 2),
  ROOT,
  part('/a'),
  part('/b'),
  rule('b'),
  meshConfig('trustDomain: other'),
  meshConfig('accessLogFile: /dev/stdout'),
  networking('Sidecar', 's', 'egress: [{hosts: ["*/*"]}]'),
  networking(
    'ServiceEntry',
    'e',
    'hosts: [a.default.svc.cluster.local], ports: [{number: 81, name: http, protocol: HTTP}], resolution: DNS',
  ),
].flatMap(parsed)

test('after any edits the tables are those of the objects that are left, whatever their order', () => {
  const edit = fc.record({ kind: fc.constantFrom('set', 'set', 'delete', 'commit'), object: fc.constantFrom(...VERSIONS) })
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 30 }), edits => {
      const [graph, left] = [meshGraph(), new Map<string, ConfigObject>()]
      for (const { kind, object: one } of edits) {
        if (kind === 'commit') graph.commit()
        else if (kind === 'set') {
          graph.set(one)
          left.set(`${one.kind}/${one.meta.name}`, one)
        } else {
          graph.delete({ kind: one.kind, ...one.meta })
          left.delete(`${one.kind}/${one.meta.name}`)
        }
      }
      expect(graph.commit()).toEqual(meshGraph([...left.values()].toReversed()).commit())
    }),
    { numRuns: 150 },
  )
})
