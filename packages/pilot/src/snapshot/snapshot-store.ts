import type { MeshConfigSpec } from '@meshwork/config/kinds'
import type { ConfigBatch } from '@meshwork/config/source'
import { IngressController } from '../ingress/ingress-controller.ts'
import { MeshGraph } from './mesh-graph.ts'
import type { MeshSnapshot } from './mesh-snapshot.ts'
import { ObjectsByKind } from './objects-by-kind.ts'

/** Kinds that only say where services are: a change of them moves endpoints and must not wait. */
const ENDPOINT_KINDS = new Set(['Endpoints', 'EndpointSlice', 'Pod', 'WorkloadEntry'])

export interface SnapshotStoreOptions {
  readonly clusterDomain: string
  /** Id of the own cluster; `Kubernetes` if unset. */
  readonly clusterId?: string
  /** Settings that hold unless a MeshConfig object says otherwise. */
  readonly mesh: MeshConfigSpec
}

/** What a batch did: `endpoints` if nothing but places of services changed. */
export type ChangeKind = 'none' | 'endpoints' | 'config'

/**
 * Reduces batches to snapshots. One owner: the push loop applies batches in order; everyone else reads `current`.
 * Several sources may feed it, each with batches of its own: rejections are kept per source.
 */
export class SnapshotStore {
  private readonly clusterDomain: string
  private readonly graph: MeshGraph
  private readonly objects = new ObjectsByKind()
  private readonly ingress: IngressController
  private readonly revisions = new Map<string, number>()
  private readonly rejections = new Map<string, ConfigBatch['rejections']>()
  private keySets: ReadonlyMap<string, string> = new Map()
  private revision = 0

  constructor(options: SnapshotStoreOptions) {
    this.clusterDomain = options.clusterDomain
    this.graph = new MeshGraph(options)
    this.ingress = new IngressController(options)
  }

  apply(source: string, batch: ConfigBatch): ChangeKind {
    const kinds = new Set<string>()
    for (const object of batch.upserts) {
      this.objects.set(object)
      this.graph.set(object)
      kinds.add(object.kind)
    }
    for (const key of batch.deletes) {
      if (!this.objects.delete(key)) continue
      this.graph.delete(key)
      kinds.add(key.kind)
    }
    this.rejections.set(source, batch.rejections)
    if (kinds.size === 0) return 'none'
    this.revision++
    for (const kind of kinds) this.revisions.set(kind, this.revision)
    return [...kinds].every(kind => ENDPOINT_KINDS.has(kind)) ? 'endpoints' : 'config'
  }

  /** What another cluster has: its services join those of this one, its configuration does not count. */
  applyRemote(cluster: string, batch: ConfigBatch): ChangeKind {
    const kinds = [...batch.upserts, ...batch.deletes].map(({ kind }) => kind)
    this.rejections.set(remoteName(cluster), batch.rejections)
    this.graph.applyRemote(cluster, batch)
    this.revision++
    return kinds.every(kind => ENDPOINT_KINDS.has(kind)) ? 'endpoints' : 'config'
  }

  removeRemote(cluster: string): ChangeKind {
    this.rejections.delete(remoteName(cluster))
    if (!this.graph.removeRemote(cluster)) return 'none'
    this.revision++
    return 'config'
  }

  /** Replaces the fetched key sets. False if they are those that were there. */
  setKeySets(keySets: ReadonlyMap<string, string>): boolean {
    if (keySets.size === this.keySets.size && [...keySets].every(([place, keys]) => this.keySets.get(place) === keys)) return false
    this.keySets = keySets
    this.revision++
    return true
  }

  /** Where a gateway between networks is, that has only a name. */
  setGatewayAddresses(name: string, addresses: readonly string[]): void {
    this.graph.setGatewayAddresses(name, addresses)
    this.revision++
  }

  /** The snapshot of all batches so far. What they changed is computed here, once for however many. */
  current(): MeshSnapshot {
    const tables = this.objects.current()
    const derived = this.ingress.follow(tables)
    for (const key of derived.deleted) this.graph.delete(key)
    for (const object of derived.set) this.graph.set(object)
    return {
      ...this.graph.commit(),
      revision: this.revision,
      revisions: new Map(this.revisions),
      clusterDomain: this.clusterDomain,
      keySets: this.keySets,
      // Put together when somebody looks, which is seldom; the tables themselves are shared.
      get objects() {
        return new Map([...tables.values()].flatMap(objects => [...objects]))
      },
      rejections: [...this.rejections.values()].flat(),
    }
  }
}

function remoteName(cluster: string): string {
  return `cluster ${cluster}`
}
