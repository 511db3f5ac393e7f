import type { ConfigBatch } from '@meshwork/config/source'
import type { Logger } from '@meshwork/core/log'
import { messageOf } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'
import { SnapshotCache } from '@meshwork/xds/cache'
import { CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE, type XdsResource } from '@meshwork/xds/types'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import type { SnapshotStore } from '../snapshot/snapshot-store.ts'
import { type ViewIdentity, type ViewKey, viewKeyOf } from '../view/view-identity.ts'
import { planView } from '../view/view-plan.ts'
import { type DanglingReference, danglingReferences } from './consistency.ts'
import { Debouncer } from './debouncer.ts'
import { type GeneratedView, ViewGenerator } from './view-generator.ts'

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
  readonly views: number
  /** From the first change that it contains to the last view in the cache, in milliseconds. */
  readonly tookMs: number
  readonly dangling: readonly DanglingReference[]
}

interface View {
  readonly identity: ViewIdentity
  /** Replaced by each push. */
  generated: GeneratedView
}

/**
 * Owner of the snapshot in force, of the views that have clients, and of the cache that streams read. Batches come from
 * sources, in order; everything happens on the event loop, without awaiting, so no half of a push is ever seen.
 */
export class PushLoop {
  readonly cache: SnapshotCache = new SnapshotCache()
  readonly generator: ViewGenerator = new ViewGenerator()
  private readonly options: PushLoopOptions
  private readonly views = new Map<ViewKey, View>()
  private readonly debouncer: Debouncer
  private snapshotInForce: MeshSnapshot
  private changedAt: number | null = null

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
    const change = this.options.store.apply(source, batch)
    this.changedAt ??= this.options.clock.monotonicMs()
    if (change === 'endpoints') this.debouncer.flush()
    else this.debouncer.request()
  }

  /** Makes everything that arrived so far the configuration in force. */
  flush(): void {
    this.debouncer.flush()
  }

  /** The view of `identity`, computed now if no client had it before. */
  ensure(identity: ViewIdentity): ViewKey {
    const key = viewKeyOf(identity)
    if (!this.views.has(key)) {
      const generated = this.generate(identity)
      this.views.set(key, { identity, generated })
      this.publish(key, generated)
    }
    return key
  }

  /** Forgets the views that are not among `used`. */
  retain(used: ReadonlySet<ViewKey>): void {
    for (const key of this.views.keys()) {
      if (used.has(key)) continue
      this.views.delete(key)
      this.cache.drop(key)
    }
  }

  view(key: ViewKey): GeneratedView | undefined {
    return this.views.get(key)?.generated
  }

  close(): void {
    this.debouncer.cancel()
  }

  private push(): void {
    const { clock, store, log } = this.options
    const startedAt = this.changedAt ?? clock.monotonicMs()
    this.changedAt = null
    this.snapshotInForce = store.current()
    this.options.snapshotChanged(this.snapshotInForce)
    const dangling: DanglingReference[] = []
    for (const [key, view] of this.views) {
      try {
        view.generated = this.generate(view.identity)
        this.publish(key, view.generated)
        dangling.push(...danglingReferences(view.generated))
      } catch (error) {
        // A bug in one view must not stop the others; this one keeps what it has.
        log.error('view could not be generated', {
          view: key,
          error: messageOf(error),
          stack: error instanceof Error ? error.stack : undefined,
        })
      }
    }
    this.generator.sweep()
    this.options.pushed({
      revision: this.snapshotInForce.revision,
      views: this.views.size,
      tookMs: clock.monotonicMs() - startedAt,
      dangling,
    })
  }

  private generate(identity: ViewIdentity): GeneratedView {
    return this.generator.generate(planView(identity, this.snapshotInForce))
  }

  private publish(key: ViewKey, view: GeneratedView): void {
    const types: readonly [string, readonly { readonly resource: XdsResource }[]][] = [
      [CLUSTER_TYPE, view.clusters],
      [ENDPOINT_TYPE, view.endpoints],
      [LISTENER_TYPE, view.listeners],
      [ROUTE_TYPE, view.routes],
    ]
    this.cache.update(key, new Map(types.map(([typeUrl, resources]) => [typeUrl, resources.map(({ resource }) => resource)])))
  }
}
