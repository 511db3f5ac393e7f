import { CLUSTER_TYPE, LISTENER_TYPE, ROUTE_TYPE } from '../types/type-urls.ts'

/**
 * Types that follow what people write. Endpoints come and go by themselves: a state of theirs that was there before is no sign of age.
 */
const WRITTEN_TYPES: ReadonlySet<string> = new Set([CLUSTER_TYPE, LISTENER_TYPE, ROUTE_TYPE])
/** Versions remembered of a type; what is older has been forgotten by everybody else too. */
const MOST_VERSIONS = 64
/** A rollback by somebody who just restarted all control planes is in force after that at the latest. */
const LONGEST_PATIENCE_MS = 20_000
/** A stream that lasted so long without a refusal is sound. */
const SOUND_MS = 1_000

/**
 * Knows which versions have been in force and were replaced. A new stream that begins with one of them leads to a control plane that
 * is behind the last one: one of several that has not seen a change yet, or that a load balancer has kept. Following it would undo
 * the change until it catches up, and again with each stream. It is left instead, and asked again, until it has caught up or has
 * been of its opinion for as long as patience lasts: then it was meant. Patience doubles each time that it was needed in vain, so
 * that control planes which go on to differ cannot have a client change its mind often. Within a stream everything is news.
 */
export class Retreats {
  private readonly firstPatienceMs: number
  private readonly past = new Map<string, Set<string>>()
  private patienceMs: number
  /** When the first of the present streams was refused that all led backwards. */
  private since: number | null = null
  private openedAt: number | null = null
  private refused = false
  private trusted = false

  constructor(patienceMs: number) {
    this.firstPatienceMs = patienceMs
    this.patienceMs = patienceMs
  }

  /** A new stream, at `nowMs` of a clock that never goes back. */
  begin(nowMs: number): void {
    if (!this.refused && this.openedAt !== null && nowMs - this.openedAt >= SOUND_MS) this.since = null
    this.openedAt = nowMs
    this.refused = false
    this.trusted = false
  }

  /** Whether this stream is to be left instead of following it from version `held` to `offered`. */
  isRetreat(typeUrl: string, held: string, offered: string, isFirstOfStream: boolean, nowMs: number): boolean {
    if (this.trusted || !isFirstOfStream || offered === held || this.past.get(typeUrl)?.has(offered) !== true) return false
    this.since ??= nowMs
    if (nowMs - this.since < this.patienceMs) {
      this.refused = true
      return true
    }
    this.since = null
    this.trusted = true
    this.patienceMs = Math.min(this.patienceMs * 2, LONGEST_PATIENCE_MS)
    return false
  }

  /** Until patience ends with who was refused last, in milliseconds. */
  remainingMs(nowMs: number): number {
    return this.since === null ? 0 : Math.max(0, this.since + this.patienceMs - nowMs)
  }

  /** Version `now` is in force, and `before` was until then. */
  accepted(typeUrl: string, before: string, now: string): void {
    if (!WRITTEN_TYPES.has(typeUrl) || before === now || before === '') return
    const past = this.past.get(typeUrl) ?? new Set()
    this.past.set(typeUrl, past)
    if (!past.delete(now)) {
      // Something new was written: what differed before is settled.
      this.since = null
      this.patienceMs = this.firstPatienceMs
    }
    past.delete(before)
    past.add(before)
    const [oldest] = past
    if (past.size > MOST_VERSIONS && oldest !== undefined) past.delete(oldest)
  }
}
