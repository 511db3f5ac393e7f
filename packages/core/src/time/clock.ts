/** A pending call of `Clock.after`. */
export interface Timer {
  cancel(): void
}

/**
 * The only source of time in Meshwork; tests pass a clock that they move by hand.
 * `now` can jump when the machine's clock is set; `monotonicMs` cannot, and is the one to measure durations with.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Milliseconds since an arbitrary start, never going back. */
  monotonicMs(): number
  /** Calls `run` once after `delayMs` (0 to 2^31-1). The timer does not keep the process alive. */
  after(delayMs: number, run: () => void): Timer
}

const LONGEST_TIMEOUT_MS = 2 ** 31 - 1

class NodeTimer implements Timer {
  private readonly handle: NodeJS.Timeout

  constructor(handle: NodeJS.Timeout) {
    this.handle = handle
  }

  cancel(): void {
    clearTimeout(this.handle)
  }
}

class SystemClock implements Clock {
  now(): number {
    return Date.now()
  }

  monotonicMs(): number {
    return performance.now()
  }

  after(delayMs: number, run: () => void): Timer {
    return new NodeTimer(setTimeout(run, Math.min(Math.max(delayMs, 0), LONGEST_TIMEOUT_MS)).unref())
  }
}

export const systemClock: Clock = new SystemClock()

/** Resolves after `delayMs`, or as soon as `signal` aborts. Never rejects. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal?.aborted === true) {
      resolve()
      return
    }
    const done = (): void => {
      timer.cancel()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = clock.after(delayMs, done)
    signal?.addEventListener('abort', done, { once: true })
  })
}
