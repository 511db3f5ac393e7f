import type { TimerWheel, WheelTimer } from '@meshwork/core/time'
import { rateLimitDelayMs, type RetryRule } from '../route/retry-rule.ts'
import { type AvoidedHosts, avoidedHosts } from '../upstream/avoided-hosts.ts'
import type { Cluster } from '../upstream/cluster.ts'
import type { Host } from '../upstream/host.ts'
import type { HeaderTable } from './header-table.ts'
import { ResponseFlag } from './response-flags.ts'
import type { StreamRecord } from './stream-record.ts'

/** The repetitions of one request: whether, how many, where it was tried, and its part of the cluster's retry limit. */
export class RetryState {
  readonly rule: RetryRule
  /** Repetitions begun. */
  count = 0
  /** Hosts that answered with a failure, or did not answer. */
  readonly tried: Host[] = []
  private readonly cluster: Cluster
  private readonly wheel: TimerWheel
  private readonly backoff: WheelTimer
  /** How long the upstream asked us to wait; null: our own back-off. */
  private askedMs: number | null = null
  /** Counted among the cluster's retries that run. */
  private counted = false

  /** `backoff` fires when the next attempt is due. */
  constructor(rule: RetryRule, cluster: Cluster, backoff: WheelTimer) {
    this.rule = rule
    this.cluster = cluster
    this.wheel = cluster.deps.wheel
    this.backoff = backoff
  }

  /** Where the next attempt should not go. */
  avoided(): AvoidedHosts {
    return avoidedHosts(this.rule.policy, this.tried)
  }

  /** A response is reason to repeat; it may say how long to wait first. `nowMs` is since the epoch. */
  noteResponse(headers: HeaderTable, nowMs: number): void {
    const { rateLimited } = this.rule.policy
    this.askedMs = rateLimited === null ? null : rateLimitDelayMs(rateLimited, headers, nowMs)
  }

  /** Whether policy and cluster allow one more attempt; what forbids it is counted and noted at the stream. */
  admits(stream: StreamRecord): boolean {
    const { stats, deps, use } = this.cluster
    this.release()
    if (this.count >= this.rule.maxRetries) {
      deps.stats.add(stats.rqRetryLimit, 1)
      stream.flags |= ResponseFlag.upstreamRetryLimitExceeded
      return false
    }
    if (use.admitsRetry) return true
    deps.stats.add(stats.rqRetryOverflow, 1)
    stream.flags |= ResponseFlag.upstreamOverflow
    return false
  }

  /** Begins to wait for the next attempt. `failed`: the host of the last one. `random` is in [0, 1). */
  begin(failed: Host | null, random: number): void {
    const { stats, deps, use } = this.cluster
    this.count++
    this.counted = true
    use.retries++
    deps.stats.add(stats.rqRetry, 1)
    deps.stats.add(this.askedMs === null ? stats.rqRetryExponential : stats.rqRetryRateLimited, 1)
    if (failed !== null) this.tried.push(failed)
    this.wheel.set(this.backoff, this.delayMs(random))
    this.askedMs = null
  }

  /** There will be no further attempt. */
  end(): void {
    this.wheel.clear(this.backoff)
    this.release()
  }

  /** An upstream that asked for a pause gets it, and up to half of it more, so that not all come back at once. */
  private delayMs(random: number): number {
    return this.askedMs === null ? this.rule.delayMs(this.count, random) : Math.floor(this.askedMs * (1 + random / 2))
  }

  private release(): void {
    if (!this.counted) return
    this.counted = false
    this.cluster.use.retries--
  }
}
