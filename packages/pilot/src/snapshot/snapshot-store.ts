import { type ConfigObject, isKind, type KindName, type MeshConfigSpec, objectKeyText, type ObjectOf } from '@meshwork/config/kinds'
import type { ConfigBatch } from '@meshwork/config/source'
import { withFullHosts } from './full-hosts.ts'
import type { MeshSnapshot, ObjectsOf } from './mesh-snapshot.ts'
import { EMPTY_REGISTRY, nextRegistry, REGISTRY_KINDS } from './registry.ts'

/** Kinds that only say where services are: a change of them moves endpoints and must not wait. */
const ENDPOINT_KINDS = new Set(['Endpoints', 'EndpointSlice', 'Pod'])

export interface SnapshotStoreOptions {
  readonly clusterDomain: string
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
  private readonly options: SnapshotStoreOptions
  private readonly objects = new Map<string, ConfigObject>()
  private readonly revisions = new Map<string, number>()
  private readonly rejections = new Map<string, ConfigBatch['rejections']>()
  private readonly sorted = new Map<string, readonly ConfigObject[]>()
  private registry = EMPTY_REGISTRY
  private revision = 0

  constructor(options: SnapshotStoreOptions) {
    this.options = options
  }

  apply(source: string, batch: ConfigBatch): ChangeKind {
    const kinds = new Set<string>()
    for (const object of batch.upserts) {
      this.objects.set(objectKeyText({ kind: object.kind, namespace: object.meta.namespace, name: object.meta.name }), object)
      kinds.add(object.kind)
    }
    for (const key of batch.deletes) if (this.objects.delete(objectKeyText(key))) kinds.add(key.kind)
    this.rejections.set(source, batch.rejections)
    if (kinds.size === 0) return 'none'
    this.revision++
    for (const kind of kinds) {
      this.revisions.set(kind, this.revision)
      this.sorted.delete(kind)
    }
    if ([...kinds].some(kind => REGISTRY_KINDS.has(kind) || kind === 'MeshConfig')) {
      const names = { clusterDomain: this.options.clusterDomain, trustDomain: this.mesh().trustDomain }
      this.registry = nextRegistry(this.registry, this.objects.values(), names)
    }
    return [...kinds].every(kind => ENDPOINT_KINDS.has(kind)) ? 'endpoints' : 'config'
  }

  current(): MeshSnapshot {
    return {
      revision: this.revision,
      revisions: new Map(this.revisions),
      clusterDomain: this.options.clusterDomain,
      mesh: this.mesh(),
      registry: this.registry,
      virtualServices: this.byKind('VirtualService'),
      destinationRules: this.byKind('DestinationRule'),
      gateways: this.byKind('Gateway'),
      sidecars: this.byKind('Sidecar'),
      peerAuthentications: this.byKind('PeerAuthentication'),
      objects: new Map(this.objects),
      rejections: [...this.rejections.values()].flat(),
    }
  }

  private mesh(): MeshConfigSpec {
    return this.byKind('MeshConfig')[0]?.spec ?? this.options.mesh
  }

  private byKind<K extends KindName>(kind: K): ObjectsOf<K> {
    const known =
      this.sorted.get(kind) ??
      oldestFirst([...this.objects.values()].filter(object => object.kind === kind)).map(object =>
        withFullHosts(object, this.options.clusterDomain),
      )
    this.sorted.set(kind, known)
    return known.filter((object): object is ObjectOf<K> => isKind(object, kind))
  }
}

function oldestFirst(objects: readonly ConfigObject[]): readonly ConfigObject[] {
  return objects.toSorted((a, b) => a.meta.createdAt - b.meta.createdAt || (sortName(a) < sortName(b) ? -1 : 1))
}

function sortName(object: ConfigObject): string {
  return `${object.meta.namespace}/${object.meta.name}`
}
