import type { Clock, Timer } from '@meshwork/core/time'

export interface DebounceOptions {
  /** How long things must be quiet, in milliseconds. */
  readonly quietMs: number
  /** After this time the action runs even if they never are. */
  readonly longestMs: number
}

/** Runs an action once things have been quiet for a while. */
export class Debounce {
  private readonly clock: Clock
  private readonly options: DebounceOptions
  private readonly run: () => void
  private timer: Timer | undefined
  private firstTouch = 0

  constructor(clock: Clock, options: DebounceOptions, run: () => void) {
    this.clock = clock
    this.options = options
    this.run = run
  }

  touch(): void {
    const now = this.clock.monotonicMs()
    if (this.timer === undefined) this.firstTouch = now
    this.timer?.cancel()
    const left = this.firstTouch + this.options.longestMs - now
    this.timer = this.clock.after(Math.max(0, Math.min(this.options.quietMs, left)), () => {
      this.timer = undefined
      this.run()
    })
  }

  cancel(): void {
    this.timer?.cancel()
    this.timer = undefined
  }
}
