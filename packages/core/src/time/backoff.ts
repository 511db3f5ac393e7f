export interface BackoffOptions {
  /** First delay in milliseconds. */
  readonly initialMs: number
  /** No delay is longer. */
  readonly maxMs: number
  /** Uniform in [0, 1); tests pass a constant. */
  readonly random?: () => number
}

/** Exponential backoff with full jitter above half of the step: attempt n waits between step/2 and step, step = initial × 2^n. */
export class Backoff {
  private attempt = 0
  private readonly options: BackoffOptions

  constructor(options: BackoffOptions) {
    this.options = options
  }

  nextMs(): number {
    const step = Math.min(this.options.initialMs * 2 ** this.attempt, this.options.maxMs)
    if (step < this.options.maxMs) this.attempt++
    const random = this.options.random ?? Math.random
    return step / 2 + (step / 2) * random()
  }

  reset(): void {
    this.attempt = 0
  }
}
