import type { ConfigBatch } from '@meshwork/config/source'
import type { Logger } from '@meshwork/core/log'
import { messageOf } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'
import { LayeredCache } from '@meshwork/xds/cache'
import { CLUSTER_TYPE, ENDPOINT_TYPE } from '@meshwork/xds/types'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import type { ChangeKind, SnapshotStore } from '../snapshot/snapshot-store.ts'
import { projectionText } from '../view/outbound-identity.ts'
import { type ViewIdentity, type ViewKey, viewKeyOf } from '../view/view-identity.ts'
import { type ViewPart, viewParts } from '../view/view-parts.ts'
import { findingText, type ViewFinding } from '../view/view-finding.ts'
import { ViewPatcher } from '../envoy-filter/view-patcher.ts'
import { type DanglingReference, danglingReferences } from './consistency.ts'
import { Debouncer } from './debouncer.ts'
import { grpcView } from './grpc-view.ts'
import { refreshEndpoints } from './refresh-endpoints.ts'
import { type SnapshotChange, snapshotChange } from './snapshot-change.ts'
import { type GeneratedView, joinViews, keepLists, listsByType, resourcesOf } from './generated-view.ts'
import { ViewGenerator } from './view-generator.ts'

export interface PushLoopOptions {
  readonly store: SnapshotStore
  readonly clock: Clock
  readonly log: Logger
  /** Quiet time before configuration is pushed, in milliseconds. */
  readonly quietMs: number
  readonly maxMs: number
  /** Called after each snapshot is in place and before views are computed: moves proxies whose view changed. */
  readonly snapshotChanged: (snapshot: MeshSnapshot) => void
  readonly pushed: (push: PushReport) => void
}

export interface PushReport {
  readonly revision: number
  /** What set it off, in Istio's words: places of services, or anything else. */
  readonly trigger: 'endpoint' | 'config'
  readonly views: number
  /** From the first change that it contains to the last view in the cache, in milliseconds. */
  readonly tookMs: number
  readonly dangling: readonly DanglingReference[]
  /** What was left out of views, once for each text. */
  readonly findings: readonly ViewFinding[]
}

interface View {
  readonly identity: ViewIdentity
  /** Keys of its parts; they may be others after a push. */
  parts: readonly string[]
  /** Its parts and the text of what they were chosen by. */
  chosen: { readonly by: string; readonly parts: readonly ViewPart[] } | null
}

interface Part {
  readonly part: ViewPart
  /** Before patches and other forms. */
  readonly plain: GeneratedView
  readonly generated: GeneratedView
  readonly dangling: readonly DanglingReference[]
}

/** Pushes of endpoints between two times of tidying up. */
const TIDY_EVERY = 64

/**
 * Owner of the snapshot in force, of the views that have clients, and of the cache that streams read. Batches come from
 * sources, in order; everything happens on the event loop, without awaiting, so no half of a push is ever seen.
 */
export class PushLoop {
  readonly cache: LayeredCache = new LayeredCache()
  readonly generator: ViewGenerator = new ViewGenerator()
  private readonly patcher = new ViewPatcher()
  private readonly options: PushLoopOptions
  private readonly views = new Map<ViewKey, View>()
  /** What views are put together from, each once however many have it. */
  private readonly parts = new Map<string, Part>()
  private readonly debouncer: Debouncer
  private snapshotInForce: MeshSnapshot
  private changedAt: number | null = null
  private sinceTidying = 0

  constructor(options: PushLoopOptions) {
    this.options = options
    this.snapshotInForce = options.store.current()
    const { clock, quietMs, maxMs } = options
    this.debouncer = new Debouncer({ clock, quietMs, maxMs, run: () => this.push() })
  }

  get snapshot(): MeshSnapshot {
    return this.snapshotInForce
  }

  /** A change of endpoints goes out at once, and takes along whatever else is waiting. */
  apply(source: string, batch: ConfigBatch): void {
    this.takeIn(this.options.store.apply(source, batch))
  }

  /** As `apply`, of another cluster. undefined: the cluster is gone. */
  applyRemote(cluster: string, batch: ConfigBatch | undefined): void {
    const { store } = this.options
    this.takeIn(batch === undefined ? store.removeRemote(cluster) : store.applyRemote(cluster, batch))
  }

  private takeIn(change: ChangeKind): void {
    this.changedAt ??= this.options.clock.monotonicMs()
    if (change === 'endpoints') this.debouncer.flush()
    else this.debouncer.request()
  }

  /** Takes in the key sets that were fetched. */
  setKeySets(keySets: ReadonlyMap<string, string>): void {
    if (!this.options.store.setKeySets(keySets)) return
    this.changedAt ??= this.options.clock.monotonicMs()
    this.debouncer.flush()
  }

  /** Takes in where a gateway between networks is, that has only a name. */
  setGatewayAddresses(name: string, addresses: readonly string[]): void {
    this.options.store.setGatewayAddresses(name, addresses)
    this.changedAt ??= this.options.clock.monotonicMs()
    this.debouncer.flush()
  }

  /** Makes everything that arrived so far the configuration in force. */
  flush(): void {
    this.debouncer.flush()
  }

  /** The view of `identity`, computed now if no client had it before. */
  ensure(identity: ViewIdentity, key: ViewKey = viewKeyOf(identity)): ViewKey {
    if (!this.views.has(key)) this.place(key, { identity, parts: [], chosen: null }, part => this.parts.has(part.key))
    return key
  }

  /** Forgets the views that are not among `used`. */
  retain(used: ReadonlySet<ViewKey>): void {
    for (const key of this.views.keys()) {
      if (used.has(key)) continue
      this.views.delete(key)
      this.cache.drop(key)
    }
    this.dropUnusedParts()
  }

  view(key: ViewKey): GeneratedView | undefined {
    const view = this.views.get(key)
    return view === undefined ? undefined : joinViews(view.parts.flatMap(part => this.parts.get(part)?.generated ?? []))
  }

  close(): void {
    this.debouncer.cancel()
  }

  private push(): void {
    const { clock, store } = this.options
    const startedAt = this.changedAt ?? clock.monotonicMs()
    this.changedAt = null
    const before = this.snapshotInForce
    this.snapshotInForce = store.current()
    const change = snapshotChange(before, this.snapshotInForce)
    this.options.snapshotChanged(this.snapshotInForce)
    this.updateViews(change)
    this.dropUnusedParts()
    this.tidy(change)
    this.options.pushed({
      revision: this.snapshotInForce.revision,
      trigger: change.kind === 'endpoints' ? 'endpoint' : 'config',
      views: this.views.size,
      tookMs: clock.monotonicMs() - startedAt,
      dangling: [...this.parts.values()].flatMap(({ dangling }) => dangling),
      findings: this.findings(),
    })
  }

  private updateViews(change: SnapshotChange): void {
    const done = new Set<string>()
    const known = new Set(this.parts.keys())
    for (const [key, view] of this.views) {
      try {
        this.place(key, view, part => done.has(part.key) || (known.has(part.key) && this.isUntouched(part, change)))
        for (const part of view.parts) done.add(part)
      } catch (error) {
        // A bug in one view must not stop the others; this one keeps what it has.
        this.options.log.error('view could not be generated', {
          view: key,
          error: messageOf(error),
          stack: error instanceof Error ? error.stack : undefined,
        })
      }
    }
  }

  /** True if the part is right as it is, or has been put right here. */
  private isUntouched(part: ViewPart, change: SnapshotChange): boolean {
    if (change.kind === 'everything' || this.snapshotInForce.envoyFilters.length > 0) return false
    if (part.context === 'SIDECAR_INBOUND') return true
    if (change.kind === 'outbound' || part.identity.generator === 'grpc') return false
    const known = this.parts.get(part.key)
    if (known === undefined) return false
    const refreshed = refreshEndpoints(known.generated, part.identity, this.snapshotInForce, change.services, this.generator)
    if (refreshed === undefined) return false
    this.parts.set(part.key, { ...known, plain: refreshed.view, generated: refreshed.view })
    this.cache.patch(part.key, [
      [CLUSTER_TYPE, refreshed.clusters.map(({ resource }) => resource)],
      [ENDPOINT_TYPE, refreshed.endpoints.map(({ resource }) => resource)],
    ])
    return true
  }

  /** Forgets what is no longer in use; endpoints leave little behind. */
  private tidy(change: SnapshotChange): void {
    if (change.kind === 'endpoints' && ++this.sinceTidying % TIDY_EVERY > 0) return
    this.generator.keepOnly([...this.parts.values()].map(({ plain }) => plain))
  }

  private findings(): readonly ViewFinding[] {
    const all = [...this.parts.values()].flatMap(({ generated }) => generated.findings)
    return [...new Map(all.map(finding => [findingText(finding), finding])).values()]
  }

  /** Puts a view together; of its parts those are computed that are not `upToDate`. */
  private place(key: ViewKey, view: View, upToDate: (part: ViewPart) => boolean): void {
    const by = projectionText(this.snapshotInForce)
    if (view.chosen?.by !== by) view.chosen = { by, parts: viewParts(view.identity, this.snapshotInForce) }
    const { parts } = view.chosen
    for (const part of parts) {
      if (upToDate(part)) continue
      const before = this.parts.get(part.key)
      const plain = this.generator.generate(part.plan(part.identity, this.snapshotInForce))
      const patched = this.patcher.patch(plain, part.identity, part.context, this.snapshotInForce)
      const generated = keepLists(before?.generated, part.identity.generator === 'grpc' ? grpcView(patched) : patched)
      this.parts.set(part.key, { part, plain, generated, dangling: danglingReferences(generated) })
      this.publish(part.key, generated, before?.generated)
    }
    view.parts = parts.map(part => part.key)
    this.views.set(key, view)
    this.cache.setView(key, view.parts)
  }

  private dropUnusedParts(): void {
    const used = new Set([...this.views.values()].flatMap(view => view.parts))
    for (const key of this.parts.keys()) {
      if (used.has(key)) continue
      this.parts.delete(key)
      this.cache.dropLayer(key)
    }
  }

  /** Types whose list is that of before are as they were. */
  private publish(key: string, view: GeneratedView, before: GeneratedView | undefined): void {
    const known = new Map(before === undefined ? [] : listsByType(before))
    const changed = listsByType(view).filter(([typeUrl, list]) => known.get(typeUrl) !== list)
    this.cache.update(key, new Map(changed.map(([typeUrl, list]) => [typeUrl, resourcesOf(list)])))
  }
}
