import { isDeepStrictEqual } from 'node:util'
import type { AnyTable, Graph, Index, Read } from '../derive/index.ts'
import { SERVICE_NAME_LABEL, type Labels, type ObjectOf } from '../kinds/index.ts'
import { KindInput, objectName, type ObjectInput } from './kind-input.ts'
import { selects } from './labels.ts'
import { labelsOfWorkload } from './workload-endpoint.ts'

/** What the endpoints of a service are made of. */
export interface RegistryInputs {
  slicesOf(namespace: string, service: string): readonly ObjectOf<'EndpointSlice'>[]
  endpointsOf(namespace: string, service: string): ObjectOf<'Endpoints'> | undefined
  pod(namespace: string, name: string): ObjectOf<'Pod'> | undefined
  /** Pods with this address that are not on the network of their host. */
  podsAt(ip: string): readonly ObjectOf<'Pod'>[]
  /** Pods with all labels of the selector; none for an empty one. */
  podsSelected(namespace: string, selector: Labels): readonly ObjectOf<'Pod'>[]
  /** WorkloadEntries with all labels of the selector; none for an empty one. */
  workloadsSelected(namespace: string, selector: Labels): readonly ObjectOf<'WorkloadEntry'>[]
  node(name: string): ObjectOf<'Node'> | undefined
}

/**
 * The objects that services and endpoints are made from, as inputs of a graph, with an index for each question that is asked of them:
 * a computation depends on the objects that it was answered with, and on no others.
 */
export class RegistryObjects {
  readonly services: KindInput<'Service'>
  readonly entries: KindInput<'ServiceEntry'>
  readonly endpoints: KindInput<'Endpoints'>
  readonly slices: KindInput<'EndpointSlice'>
  readonly pods: KindInput<'Pod'>
  readonly workloads: KindInput<'WorkloadEntry'>
  readonly nodes: KindInput<'Node'>
  readonly namespaces: KindInput<'Namespace'>
  private readonly slicesByService: Index<ObjectOf<'EndpointSlice'>>
  private readonly podsByAddress: Index<ObjectOf<'Pod'>>
  private readonly podsByLabel: Index<ObjectOf<'Pod'>>
  private readonly workloadsByLabel: Index<ObjectOf<'WorkloadEntry'>>
  /** Nodes have no namespace, whatever their document says. */
  private readonly nodesByName: Index<ObjectOf<'Node'>>

  constructor(graph: Graph) {
    this.services = new KindInput(graph, 'Service')
    this.entries = new KindInput(graph, 'ServiceEntry')
    this.endpoints = new KindInput(graph, 'Endpoints')
    this.slices = new KindInput(graph, 'EndpointSlice')
    this.pods = new KindInput(graph, 'Pod')
    this.workloads = new KindInput(graph, 'WorkloadEntry')
    // Nodes report every few seconds how they are; of interest is only where they are.
    this.nodes = new KindInput(graph, 'Node', sameNode)
    this.namespaces = new KindInput(graph, 'Namespace', (a, b) => isDeepStrictEqual(a.meta.labels, b.meta.labels))
    this.slicesByService = this.slices.table.indexBy(({ meta: { namespace, labels } }) => {
      const name = labels[SERVICE_NAME_LABEL]
      return name === undefined ? [] : [objectName({ namespace, name })]
    })
    this.podsByAddress = this.pods.table.indexBy(pod => (pod.spec.hostNetwork ? [] : podAddresses(pod)))
    this.podsByLabel = this.pods.table.indexBy(({ meta }) => labelBuckets(meta.namespace, meta.labels))
    this.workloadsByLabel = this.workloads.table.indexBy(entry => labelBuckets(entry.meta.namespace, labelsOfWorkload(entry)))
    this.nodesByName = this.nodes.table.indexBy(({ meta }) => [meta.name])
  }

  get all(): readonly ObjectInput[] {
    return [this.services, this.entries, this.endpoints, this.slices, this.pods, this.workloads, this.nodes, this.namespaces]
  }

  /** The tables that `readBy` reads. */
  get placeTables(): readonly AnyTable[] {
    return [this.endpoints.table, this.slices.table, this.pods.table, this.workloads.table, this.nodes.table]
  }

  /** The inputs as one computation sees them: whatever it asks for is recorded. */
  readBy(read: Read): RegistryInputs {
    const lookup = <V>(index: Index<V>, bucket: string): readonly V[] => read.lookup(index, bucket).map(([, value]) => value)
    return {
      slicesOf: (namespace, name) => lookup(this.slicesByService, objectName({ namespace, name })),
      endpointsOf: (namespace, name) => read.get(this.endpoints.table, objectName({ namespace, name })),
      pod: (namespace, name) => read.get(this.pods.table, objectName({ namespace, name })),
      podsAt: ip => lookup(this.podsByAddress, ip),
      podsSelected: (namespace, selector) => {
        const [first] = Object.entries(selector)
        if (first === undefined) return []
        return lookup(this.podsByLabel, labelBucket(namespace, first)).filter(pod => selects(selector, pod.meta.labels))
      },
      workloadsSelected: (namespace, selector) => {
        const [first] = Object.entries(selector)
        if (first === undefined) return []
        return lookup(this.workloadsByLabel, labelBucket(namespace, first)).filter(entry => selects(selector, labelsOfWorkload(entry)))
      },
      node: name => lookup(this.nodesByName, name)[0],
    }
  }
}

function sameNode(a: ObjectOf<'Node'>, b: ObjectOf<'Node'>): boolean {
  return isDeepStrictEqual(a.meta.labels, b.meta.labels) && isDeepStrictEqual(a.spec.externalIPs, b.spec.externalIPs)
}

/** All addresses of a pod. */
export function podAddresses({ spec: { status } }: ObjectOf<'Pod'>): readonly string[] {
  const all = status.podIP === undefined || status.podIP === '' ? status.podIPs : [status.podIP, ...status.podIPs]
  return [...new Set(all)]
}

function labelBuckets(namespace: string, labels: Labels): readonly string[] {
  return Object.entries(labels).map(label => labelBucket(namespace, label))
}

function labelBucket(namespace: string, [key, value]: readonly [string, string]): string {
  return `${namespace} ${key}=${value}`
}
