import type { Clock } from '@meshwork/core/time'

/** How much advice is kept ready for a burst of questions, in milliseconds of work. */
const MOST_SAVED_MS = 1000
/** The part of the thread that advice may take for long. */
const SHARE = 0.1

/**
 * Bounds the time that advice takes from the thread that serves proxies: a share of it for long, more for a short burst, as when
 * somebody applies a folder of files. State: what is left, as of a moment.
 */
export class AdviceBudget {
  private readonly clock: Clock
  private left = MOST_SAVED_MS
  private at: number

  constructor(clock: Clock) {
    this.clock = clock
    this.at = clock.monotonicMs()
  }

  /** What `work` returns; undefined if the budget is spent. */
  spend<T>(work: () => T): T | undefined {
    const begin = this.clock.monotonicMs()
    this.left = Math.min(MOST_SAVED_MS, this.left + (begin - this.at) * SHARE)
    this.at = begin
    if (this.left <= 0) return undefined
    const result = work()
    this.left -= this.clock.monotonicMs() - begin
    return result
  }
}
