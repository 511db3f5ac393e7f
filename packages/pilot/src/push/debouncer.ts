import type { Clock, Timer } from '@meshwork/core/time'

export interface DebouncerOptions {
  readonly clock: Clock
  /** Quiet time before a run, in milliseconds. */
  readonly quietMs: number
  /** A run starts at the latest this long after the first request, in milliseconds. */
  readonly maxMs: number
  readonly run: () => void
}

/** Gathers requests: `run` comes once, when no more arrived for the quiet time, and never later than the maximum. */
export class Debouncer {
  private readonly options: DebouncerOptions
  private timer: Timer | null = null
  private firstAt = 0

  constructor(options: DebouncerOptions) {
    this.options = options
  }

  request(): void {
    const { clock, quietMs, maxMs } = this.options
    const now = clock.monotonicMs()
    if (this.timer === null) this.firstAt = now
    else this.timer.cancel()
    const latest = this.firstAt + maxMs - now
    this.timer = clock.after(Math.max(0, Math.min(quietMs, latest)), () => this.fire())
  }

  /** Runs at once, with whatever was requested so far. */
  flush(): void {
    this.timer?.cancel()
    this.fire()
  }

  /** Drops what was requested. */
  cancel(): void {
    this.timer?.cancel()
    this.timer = null
  }

  private fire(): void {
    this.timer = null
    this.options.run()
  }
}
