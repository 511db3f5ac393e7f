import { Backoff, type Clock } from '@meshwork/core/time'

/** Failures in a row after which an adapter is left alone for a while. */
const FAILURES_TO_OPEN = 5
const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 10_000

/**
 * Stops calls to an adapter that does not answer, so that requests do not wait for it one by one. After a pause a single call is
 * let through; its outcome closes the breaker or starts a longer pause.
 */
export class CircuitBreaker {
  private readonly clock: Clock
  private readonly backoff = new Backoff({ initialMs: FIRST_PAUSE_MS, maxMs: LONGEST_PAUSE_MS })
  private failures = 0
  /** Monotonic milliseconds. */
  private closedUntilMs = 0

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** Whether a call may go out now. If the breaker is open, the caller that gets `true` is the trial. */
  admits(): boolean {
    if (this.failures < FAILURES_TO_OPEN) return true
    if (this.clock.monotonicMs() < this.closedUntilMs) return false
    this.pause()
    return true
  }

  succeeded(): void {
    this.failures = 0
    this.backoff.reset()
  }

  failed(): void {
    this.failures++
    if (this.failures === FAILURES_TO_OPEN) this.pause()
  }

  private pause(): void {
    this.closedUntilMs = this.clock.monotonicMs() + this.backoff.nextMs()
  }
}
