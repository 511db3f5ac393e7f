import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Graph } from '../derive/index.ts'
import { readText } from '../file/index.ts'
import type { ConfigObject } from '../kinds/index.ts'
import { buildRegistry } from './build-registry.ts'
import { deriveRegistry, type DerivedRegistry } from './derive-registry.ts'
import type { KubernetesNames } from './kubernetes-service.ts'
import type { ServiceRegistry } from './model.ts'
import { ObjectInputs } from './object-inputs.ts'
import { ONLY } from './only.ts'

const NAMES: KubernetesNames = { clusterDomain: 'cluster.local', trustDomain: 'cluster.local' }

/** A registry that follows edits, as pilot's does. */
class Mesh {
  readonly derived: DerivedRegistry
  readonly objects = new Map<string, ConfigObject>()
  private readonly graph = new Graph({ compareEvery: 1 })
  private readonly inputs: ObjectInputs

  constructor() {
    const names = this.graph.input<KubernetesNames>('names')
    names.set(ONLY, NAMES)
    this.derived = deriveRegistry(this.graph, names.table)
    this.inputs = new ObjectInputs(this.derived.objects.all)
  }

  apply(yaml: string): void {
    for (const object of parsed(yaml)) this.set(object)
  }

  set(object: ConfigObject): void {
    this.objects.set(keyOf(object), object)
    this.inputs.set(object)
  }

  delete(object: ConfigObject): void {
    this.objects.delete(keyOf(object))
    this.inputs.delete({ kind: object.kind, ...object.meta })
  }

  registry(): ServiceRegistry | undefined {
    this.graph.commit()
    return this.derived.registry.table.get(ONLY)
  }

  /** What `edit` makes the graph compute. */
  cost(edit: () => void): { services: number; endpoints: number; registry: number } {
    this.registry()
    const { services, endpoints, registry } = this.derived
    const before = [services, endpoints, registry].map(({ computations }) => computations)
    edit()
    this.registry()
    const [s = 0, e = 0, r = 0] = [services, endpoints, registry].map(({ computations }, i) => computations - (before[i] ?? 0))
    return { services: s, endpoints: e, registry: r }
  }
}

function keyOf({ kind, meta }: ConfigObject): string {
  return `${kind}/${meta.namespace}/${meta.name}`
}

function parsed(yaml: string): readonly ConfigObject[] {
  const { objects, rejections } = readText(yaml, 'test.yaml')
  expect(rejections).toEqual([])
  return objects
}

function object(kind: string, name: string, rest: string, { labels = '', createdAt = 1 } = {}): string {
  const group =
    { ServiceEntry: 'networking.istio.io/v1', WorkloadEntry: 'networking.istio.io/v1', EndpointSlice: 'discovery.k8s.io/v1' }[kind] ?? 'v1'
  const stamp = new Date(createdAt * 1000).toISOString()
  return `{apiVersion: ${group}, kind: ${kind}, metadata: {name: ${name}, labels: {${labels}}, creationTimestamp: "${stamp}"}, ${rest}}`
}

const many = (...documents: readonly string[]): string => documents.join('\n---\n')
const service = (name: string, spec = 'clusterIP: 10.0.0.1'): string =>
  object('Service', name, `spec: {ports: [{name: http, port: 80}, {name: tcp, port: 90}], ${spec}}`)
const entry = (name: string, spec: string, createdAt?: number): string =>
  object('ServiceEntry', name, `spec: {resolution: STATIC, ports: [{number: 80, name: http, protocol: HTTP}], ${spec}}`, { createdAt })
const slice = (name: string, of: string, ...endpoints: readonly string[]): string =>
  object('EndpointSlice', name, `addressType: IPv4, endpoints: [${endpoints.join(', ')}], ports: [{name: http, port: 8080}]`, {
    labels: `kubernetes.io/service-name: ${of}`,
  })
const at = (ip: string): string => `{addresses: [${ip}], nodeName: n1}`
const ofPod = (ip: string, pod: string): string => `{addresses: [${ip}], targetRef: {kind: Pod, name: ${pod}}}`
const endpoints = (name: string, ip: string): string =>
  object('Endpoints', name, `subsets: [{addresses: [{ip: ${ip}}], ports: [{name: http, port: 8081}]}]`)
const pod = (name: string, ip: string, labels = 'app: a', spec = 'nodeName: n1'): string =>
  object('Pod', name, `spec: {${spec}}, status: {podIP: ${ip}}`, { labels })
const workload = (name: string, ip: string, labels = 'app: a'): string =>
  object('WorkloadEntry', name, `spec: {address: ${ip}, labels: {${labels}}}`)
const node = (name: string, region: string, phase = 'x'): string =>
  object('Node', name, `spec: {podCIDR: ${phase}}`, { labels: `topology.kubernetes.io/region: ${region}` })

const SERVICES = ['a', 'b', 'c']

/** Three services of two pods each, the pods of `a` and `b` on node n1, and an entry that selects the pods of `a` again. */
function threeServices(): Mesh {
  const mesh = new Mesh()
  mesh.apply(many(node('n1', 'r1'), node('n2', 'r2'), entry('e', 'hosts: [e.com], workloadSelector: {labels: {app: a}}')))
  for (const [i, name] of SERVICES.entries()) {
    const spec = name === 'c' ? 'nodeName: n2' : 'nodeName: n1'
    const pods = [1, 2].map(n => pod(`${name}${n}`, `10.1.${i}.${n}`, `app: ${name}`, spec))
    mesh.apply(many(service(name), ...pods, slice(`${name}-x`, name, ofPod(`10.1.${i}.1`, `${name}1`), ofPod(`10.1.${i}.2`, `${name}2`))))
  }
  return mesh
}

describe('what an edit computes anew', () => {
  test.each<[string, string, { services: number; endpoints: number; registry: number }]>([
    ['a slice: its service', slice('b-x', 'b', ofPod('10.1.1.1', 'b1')), { services: 0, endpoints: 1, registry: 1 }],
    ['a slice more: its service', slice('b-y', 'b', at('10.1.1.7')), { services: 0, endpoints: 1, registry: 1 }],
    ['a slice that goes to another service: both', slice('b-x', 'c', at('10.1.1.1')), { services: 0, endpoints: 2, registry: 1 }],
    ['a slice of nobody: nothing', slice('c-z', 'nobody', at('10.1.1.1')), { services: 0, endpoints: 0, registry: 0 }],
    ['a label of a pod: the service it backs', pod('b1', '10.1.1.1', 'app: b, version: v2'), { services: 0, endpoints: 1, registry: 1 }],
    ['a pod that an entry selects: the entry too', pod('a1', '10.1.0.1', 'app: a, v: v2'), { services: 0, endpoints: 2, registry: 1 }],
    ['a pod nobody knows: nothing', pod('lonely', '10.9.9.9', 'app: lonely'), { services: 0, endpoints: 0, registry: 0 }],
    ['a workload that an entry selects: the entry', workload('w', '10.7.0.1'), { services: 0, endpoints: 1, registry: 1 }],
    ['where a node is: the services on it', node('n2', 'r3'), { services: 0, endpoints: 1, registry: 1 }],
    ['how a node is: nothing', node('n1', 'r1', 'y'), { services: 0, endpoints: 0, registry: 0 }],
    ['a service: itself', service('c', 'clusterIP: 10.0.0.9'), { services: 1, endpoints: 1, registry: 1 }],
    ['a kind that is no part of it: nothing', object('Namespace', 'x', 'spec: {}'), { services: 0, endpoints: 0, registry: 0 }],
  ])('%s', (_, yaml, expected) => {
    const mesh = threeServices()
    expect(mesh.cost(() => mesh.apply(yaml))).toEqual(expected)
  })

  test('an object that is equal to the one before: nothing', () => {
    const mesh = threeServices()
    const cost = mesh.cost(() => [...mesh.objects.values()].forEach(each => mesh.set(structuredClone(each))))
    expect(cost).toEqual({ services: 0, endpoints: 0, registry: 0 })
  })

  test('what did not change is shared', () => {
    const mesh = threeServices()
    const before = mesh.registry()
    mesh.apply(slice('b-x', 'b', ofPod('10.1.1.1', 'b1')))
    const after = mesh.registry()
    expect(after).not.toBe(before)
    expect(after?.services).toBe(before?.services)
    const replaced = [...(after?.endpoints ?? [])].filter(([key, list]) => before?.endpoints.get(key) !== list)
    expect(replaced.map(([key]) => key)).toEqual(['default/b.default.svc.cluster.local'])
    expect(mesh.registry()).toBe(after)
  })
})

/** Versions of a few objects that get in one another's way in every way that the registry knows of. */
const VERSIONS: readonly ConfigObject[] = [
  service('a'),
  service('a', 'clusterIP: None, publishNotReadyAddresses: true'),
  service('a', 'type: ExternalName, externalName: other.com'),
  service('b'),
  entry('e', 'hosts: [x.com], endpoints: [{address: 1.1.1.1}]'),
  entry('e', 'hosts: [x.com, y.com], workloadSelector: {labels: {app: a}}', 3),
  entry('f', 'hosts: [x.com], addresses: [240.0.0.1], workloadSelector: {labels: {app: a, v: "1"}}', 2),
  entry('f', 'hosts: [a.default.svc.cluster.local], endpoints: [{address: 1.1.1.2}]', 0),
  slice('s1', 'a', ofPod('10.0.0.1', 'p'), at('10.0.0.2')),
  slice('s1', 'b', at('10.0.0.1')),
  slice('s2', 'a', at('10.0.0.1'), at('10.0.0.3')),
  endpoints('a', '10.0.0.1'),
  endpoints('a', '10.0.0.2'),
  endpoints('b', '10.0.0.2'),
  pod('p', '10.0.0.1'),
  pod('p', '10.0.0.2', 'app: a, v: "1"'),
  pod('p', '10.0.0.1', 'app: b', 'serviceAccountName: b'),
  pod('q', '10.0.0.1'),
  pod('q', '10.0.0.2', 'app: a, v: "1"', 'nodeName: n1, hostNetwork: true'),
  workload('w', '10.7.0.1'),
  workload('w', '10.7.0.2', 'app: b, v: "1"'),
  workload('v', '10.0.0.1', 'app: a, v: "1"'),
  service('b', 'clusterIP: 10.0.0.3, selector: {app: b}'),
  node('n1', 'r1'),
  node('n1', 'r2'),
].flatMap(yaml => parsed(yaml))

const version = fc.constantFrom(...VERSIONS)
const edit = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('set' as const), object: version }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), object: version }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('commit' as const) }) },
)

test('after any edits the registry is the one built from the objects that are left', () => {
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 40 }), edits => {
      const mesh = new Mesh()
      for (const each of edits) {
        if (each.kind === 'set') mesh.set(each.object)
        else if (each.kind === 'delete') mesh.delete(each.object)
        else expect(mesh.registry()).toEqual(buildRegistry(mesh.objects.values(), NAMES))
      }
      const registry = mesh.registry()
      const built = buildRegistry([...mesh.objects.values()].toReversed(), NAMES)
      expect(registry).toEqual(built)
      expect([...(registry?.endpoints.keys() ?? [])]).toEqual([...built.endpoints.keys()])
    }),
    { numRuns: 200 },
  )
})
