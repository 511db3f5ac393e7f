import type { Clock, Timer } from '@meshwork/core/time'

/** Runs an action once things have been quiet for a while. */
export class Debounce {
  private readonly clock: Clock
  private readonly quietMs: number
  private readonly run: () => void
  private timer: Timer | undefined

  constructor(clock: Clock, quietMs: number, run: () => void) {
    this.clock = clock
    this.quietMs = quietMs
    this.run = run
  }

  touch(): void {
    this.timer?.cancel()
    this.timer = this.clock.after(this.quietMs, () => {
      this.timer = undefined
      this.run()
    })
  }

  cancel(): void {
    this.timer?.cancel()
    this.timer = undefined
  }
}
