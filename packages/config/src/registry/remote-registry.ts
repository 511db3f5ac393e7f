import { type Derived, Graph, type GraphOptions, type Input } from '../derive/index.ts'
import type { KindName } from '../kinds/index.ts'
import type { ConfigBatch } from '../source/index.ts'
import { deriveRegistry, type DerivedRegistry } from './derive-registry.ts'
import type { KubernetesNames } from './kubernetes-service.ts'
import { deriveClusterNetworks } from './cluster-networks.ts'
import type { ClusterNetworks } from './mesh-networks.ts'
import { ObjectInputs } from './object-inputs.ts'
import { ONLY } from './only.ts'
import { derivePodPlaces, type PodPlaces } from './pod-places.ts'
import type { RemoteInputs } from './remote-inputs.ts'

/** What is read of other clusters: where services are. Configuration counts in the cluster of its control plane only. */
export const REMOTE_KINDS: ReadonlySet<KindName> = new Set(['Service', 'Endpoints', 'EndpointSlice', 'Pod', 'Node', 'Namespace'])

/**
 * The services of another cluster, followed on their own: nothing of it mixes with the objects of the own cluster, where names may
 * be the same. State: a graph, and what of it was handed on. Owned by the graph of the mesh.
 */
export class RemoteRegistry {
  private readonly cluster: string
  private readonly graph: Graph
  private readonly names: Input<KubernetesNames>
  private readonly derived: DerivedRegistry
  private readonly networks: Derived<ClusterNetworks>
  private readonly places: Derived<PodPlaces>
  private readonly inputs: ObjectInputs
  private inForce: KubernetesNames | undefined
  private isChanged = true

  constructor(cluster: string, options: GraphOptions = {}) {
    this.cluster = cluster
    this.graph = new Graph(options)
    this.names = this.graph.input<KubernetesNames>('names')
    this.derived = deriveRegistry(this.graph, this.names.table)
    this.networks = deriveClusterNetworks(this.graph, this.derived.objects, this.names.table, [cluster])
    this.places = derivePodPlaces(this.graph, this.derived.objects)
    this.inputs = new ObjectInputs(this.derived.objects.all.filter(({ kind }) => REMOTE_KINDS.has(kind)))
  }

  apply({ upserts, deletes }: Pick<ConfigBatch, 'upserts' | 'deletes'>): void {
    for (const object of upserts) this.inputs.set(object)
    for (const key of deletes) this.inputs.delete(key)
    this.isChanged = true
  }

  /** Hands what changed to the graph of the mesh, where it takes effect at the next commit. False: nothing did. */
  flush(names: KubernetesNames, into: RemoteInputs): boolean {
    if (!this.isChanged && this.inForce === names) return false
    this.isChanged = false
    this.inForce = names
    this.names.set(ONLY, names)
    const changes = this.graph.commit()
    const { services, endpoints } = this.derived
    const changed = new Set([services, endpoints].flatMap(({ table }) => changes.get(table.name) ?? []))
    for (const key of changed) this.handOn(key, into)
    into.networks.set(this.cluster, this.networks.table.get(ONLY) ?? { network: '', gateways: [] })
    into.places.set(this.cluster, this.places.table.get(ONLY) ?? NO_PLACES)
    return true
  }

  /** Takes back all that was handed on. */
  withdraw(from: RemoteInputs): void {
    for (const key of this.derived.services.table.keys()) from.services.delete(this.keyOf(key))
    from.networks.delete(this.cluster)
    from.places.delete(this.cluster)
  }

  private handOn(key: string, into: RemoteInputs): void {
    const { cluster } = this
    const service = this.derived.services.table.get(key)
    if (service === undefined) {
      into.services.delete(this.keyOf(key))
      return
    }
    const endpoints = this.derived.endpoints.table.get(key) ?? []
    into.services.set(this.keyOf(key), {
      cluster,
      service: { ...service, remoteAddresses: { [cluster]: service.addresses }, onlyRemote: true },
      endpoints: endpoints.map(endpoint => ({ ...endpoint, cluster })),
    })
  }

  private keyOf(serviceKey: string): string {
    return `${this.cluster} ${serviceKey}`
  }
}

const NO_PLACES: PodPlaces = new Map()
