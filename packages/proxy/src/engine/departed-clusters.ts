import type { Metric, StatsRegistry } from '@meshwork/core/metrics'
import { type Clock, type TimerOwner, type TimerWheel, WheelTimer } from '@meshwork/core/time'
import type { Cluster } from '../upstream/cluster.ts'

/** Long enough for what still knows the cluster without using it, such as a request that waits for its next try. */
const KEPT_MS = 600_000
/** How often is looked. */
const LOOK_MS = 60_000

export interface DepartedClustersDeps {
  readonly stats: StatsRegistry
  readonly wheel: TimerWheel
  readonly clock: Clock
  /** There is a cluster of that name again. */
  readonly returned: (name: string) => boolean
}

interface Departed {
  readonly cluster: Cluster
  readonly sinceMs: number
}

/**
 * Statistics outlive their cluster, so that a cluster that comes back goes on counting; names that do not come back must not fill
 * the memory. They are forgotten ten minutes after the cluster was removed and nothing uses it any more.
 */
export class DepartedClusters implements TimerOwner {
  private readonly deps: DepartedClustersDeps
  private readonly byName = new Map<string, Departed>()
  private readonly timer: WheelTimer = new WheelTimer(this, 0)

  constructor(deps: DepartedClustersDeps) {
    this.deps = deps
  }

  add(cluster: Cluster): void {
    this.byName.set(cluster.config.name, { cluster, sinceMs: this.deps.clock.monotonicMs() })
    if (!this.timer.armed) this.deps.wheel.set(this.timer, LOOK_MS)
  }

  onTimer(): void {
    const over = new Set<string>()
    const untilMs = this.deps.clock.monotonicMs() - KEPT_MS
    for (const [name, { cluster, sinceMs }] of this.byName) {
      if (this.deps.returned(name)) this.byName.delete(name)
      else if (sinceMs <= untilMs && cluster.unused) {
        this.byName.delete(name)
        over.add(name)
      }
    }
    if (over.size > 0) this.deps.stats.forget(metric => isOfClusters(metric, over))
    if (this.byName.size > 0) this.deps.wheel.set(this.timer, LOOK_MS)
  }
}

/** Statistics of gRPC calls are the filter's, which goes on holding their slots. */
function isOfClusters({ labels, family }: Metric, names: ReadonlySet<string>): boolean {
  return names.has(labels['envoy_cluster_name'] ?? '') && !family.startsWith('envoy_cluster_grpc_')
}
