import type { ClusterContext } from './cluster-context.ts'
import type { PoolFailure, PoolWaiter } from './connection-pool.ts'

/** Requests that wait for a connection of one pool, first come first served; each counts against `max_pending_requests` of the cluster. */
export class PoolQueue {
  private readonly cluster: ClusterContext
  private readonly waiting: PoolWaiter[] = []

  constructor(cluster: ClusterContext) {
    this.cluster = cluster
  }

  get length(): number {
    return this.waiting.length
  }

  /**
   * False: no more requests may wait, and this one has been told so. `connecting`: connections under way that will each take one request
   * at once; those requests wait for nobody, and count only while no request may wait at all (decision 0026).
   */
  admit(waiter: PoolWaiter, connecting: number): boolean {
    const { config, use, stats, deps } = this.cluster
    const { maxPendingRequests } = config.limits
    const served = maxPendingRequests === 0 ? 0 : Math.min(connecting, this.waiting.length)
    if (use.pending - served >= maxPendingRequests) {
      this.overflow(waiter)
      return false
    }
    use.pending++
    deps.stats.add(stats.rqPendingTotal, 1)
    deps.stats.add(stats.rqPendingActive, 1)
    this.waiting.push(waiter)
    return true
  }

  /** Tells a request that a limit of the cluster is reached. */
  overflow(waiter: PoolWaiter): void {
    const { stats, deps } = this.cluster
    deps.stats.add(stats.rqPendingOverflow, 1)
    waiter.onPoolFailure('overflow', '')
  }

  /** The request is no longer interested. False: it does not wait here. */
  remove(waiter: PoolWaiter): boolean {
    const index = this.waiting.indexOf(waiter)
    if (index < 0) return false
    this.waiting.splice(index, 1)
    this.left()
    return true
  }

  shift(): PoolWaiter | undefined {
    const next = this.waiting.shift()
    if (next !== undefined) this.left()
    return next
  }

  takeAll(): readonly PoolWaiter[] {
    const all = this.waiting.splice(0)
    for (const _ of all) this.left()
    return all
  }

  /** Those of them that come to wait again stand behind the others, and are not told twice. */
  fail(count: number, failure: PoolFailure, detail: string): void {
    for (const waiter of this.waiting.splice(0, count)) {
      this.left()
      waiter.onPoolFailure(failure, detail)
    }
  }

  private left(): void {
    const { use, stats, deps } = this.cluster
    use.pending--
    deps.stats.add(stats.rqPendingActive, -1)
  }
}
