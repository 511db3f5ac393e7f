import type { Clock, Timer } from '@meshwork/core/time'

interface Pending {
  readonly dueMs: number
  readonly run: () => void
}

/** 2026-01-01T00:00:00Z: a fixed start, so that certificates and goldens made in tests have equal dates. */
const DEFAULT_START_MS = Date.UTC(2026, 0, 1)

/** A clock that stands still until the test moves it. Timers run inside `advance`, in the order in which they are due. */
export class ManualClock implements Clock {
  private elapsedMs = 0
  private wallOffsetMs: number
  private readonly timers = new Set<Pending>()

  constructor(startMs: number = DEFAULT_START_MS) {
    this.wallOffsetMs = startMs
  }

  now(): number {
    return this.wallOffsetMs + this.elapsedMs
  }

  monotonicMs(): number {
    return this.elapsedMs
  }

  after(delayMs: number, run: () => void): Timer {
    const timer: Pending = { dueMs: this.elapsedMs + Math.max(delayMs, 0), run }
    this.timers.add(timer)
    return { cancel: () => void this.timers.delete(timer) }
  }

  /** Timers that have neither run nor been cancelled: a test of `close` expects 0. */
  get pendingTimers(): number {
    return this.timers.size
  }

  /** Milliseconds until the next timer is due; undefined when there is none. */
  get nextTimerInMs(): number | undefined {
    const next = this.earliest(Number.POSITIVE_INFINITY)
    return next === undefined ? undefined : next.dueMs - this.elapsedMs
  }

  /** Moves time on by `ms`, running what becomes due, also timers that those start. */
  advance(ms: number): void {
    const end = this.elapsedMs + ms
    for (let timer = this.earliest(end); timer !== undefined; timer = this.earliest(end)) this.fire(timer)
    this.elapsedMs = end
  }

  /** As `advance`, and lets promises and I/O that each timer started settle before the next one runs. */
  async advanceAsync(ms: number): Promise<void> {
    const end = this.elapsedMs + ms
    await settle()
    for (let timer = this.earliest(end); timer !== undefined; timer = this.earliest(end)) {
      this.fire(timer)
      await settle()
    }
    this.elapsedMs = end
    await settle()
  }

  /** Sets the wall clock, as an administrator would: `now` jumps, `monotonicMs` and timers do not. */
  setWallClock(epochMs: number): void {
    this.wallOffsetMs = epochMs - this.elapsedMs
  }

  private fire(timer: Pending): void {
    this.elapsedMs = timer.dueMs
    this.timers.delete(timer)
    timer.run()
  }

  /** Sets keep insertion order, so of timers due at the same moment the one started first runs first. */
  private earliest(limitMs: number): Pending | undefined {
    let best: Pending | undefined
    for (const timer of this.timers) {
      if (timer.dueMs <= limitMs && (best === undefined || timer.dueMs < best.dueMs)) best = timer
    }
    return best
  }
}

/** A few turns of the event loop: promise chains and immediates started by now have run. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise<void>(resolve => setImmediate(resolve))
}
