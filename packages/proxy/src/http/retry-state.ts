import type { WheelTimer } from '@meshwork/core/time'
import type { RetryRule } from '../route/retry-rule.ts'
import type { Cluster } from '../upstream/cluster.ts'
import type { Host } from '../upstream/host.ts'
import { ResponseFlag } from './response-flags.ts'
import type { StreamRecord } from './stream-record.ts'

/** The repetitions of one request: how many, where it was tried, and its part of the cluster's retry limit. */
export class RetryState {
  /** Repetitions begun. */
  count = 0
  readonly tried: Host[] = []
  private readonly rule: RetryRule
  private readonly cluster: Cluster
  private readonly backoff: WheelTimer
  /** Counted among the cluster's retries that run. */
  private counted = false

  /** `backoff` fires when the next attempt is due. */
  constructor(rule: RetryRule, cluster: Cluster, backoff: WheelTimer) {
    this.rule = rule
    this.cluster = cluster
    this.backoff = backoff
  }

  /** Whether policy and cluster allow one more attempt; what forbids it is counted and noted at the stream. */
  admits(stream: StreamRecord): boolean {
    const { stats, deps, use, config } = this.cluster
    if (this.count >= this.rule.maxRetries) {
      deps.stats.add(stats.rqRetryLimit, 1)
      stream.flags |= ResponseFlag.upstreamRetryLimitExceeded
      return false
    }
    if (use.retries < config.limits.maxRetries) return true
    deps.stats.add(stats.rqRetryOverflow, 1)
    return false
  }

  /** Begins to wait for the next attempt. `failed`: the host of the last one. `random` is in [0, 1). */
  begin(failed: Host | null, random: number): void {
    const { stats, deps, use } = this.cluster
    this.count++
    if (!this.counted) use.retries++
    this.counted = true
    deps.stats.add(stats.rqRetry, 1)
    if (failed !== null) this.tried.push(failed)
    deps.wheel.set(this.backoff, this.rule.delayMs(this.count, random))
  }

  /** There will be no further attempt. */
  end(): void {
    this.cluster.deps.wheel.clear(this.backoff)
    if (!this.counted) return
    this.counted = false
    this.cluster.use.retries--
  }
}
