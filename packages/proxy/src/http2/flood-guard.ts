import type { FloodLimits } from './http2-options.ts'

/** Events that a peer may cause only so often per span of time. */
class Rate {
  private readonly limit: number
  private readonly spanMs: number
  private startMs = Number.NEGATIVE_INFINITY
  private count = 0

  constructor(limit: number, spanMs: number) {
    this.limit = limit
    this.spanMs = spanMs
  }

  /** True: one too many. */
  exceeds(nowMs: number): boolean {
    if (nowMs - this.startMs >= this.spanMs) {
      this.startMs = nowMs
      this.count = 0
    }
    return ++this.count > this.limit
  }
}

/** Counts what a peer does for nothing. Each method says whether a budget is spent. */
export class FloodGuard {
  private readonly limits: FloodLimits
  private readonly settings: Rate
  private readonly pings: Rate
  private readonly resets: Rate
  private emptyInRow = 0
  private priorities = 0
  private windowUpdates = 0
  private continuations = 0

  constructor(limits: FloodLimits) {
    this.limits = limits
    this.settings = new Rate(limits.maxSettingsPerSecond, 1000)
    this.pings = new Rate(limits.maxPingsPerSecond, 1000)
    this.resets = new Rate(limits.maxPrematureResets, limits.prematureResetWindowMs)
  }

  /** DATA, HEADERS or CONTINUATION. */
  emptyFrame(empty: boolean, endStream: boolean): boolean {
    if (empty && !endStream) return ++this.emptyInRow > this.limits.maxConsecutiveEmptyFrames
    this.emptyInRow = 0
    return false
  }

  priority(streamsOpened: number): boolean {
    return ++this.priorities > this.limits.maxPriorityFramesPerStream * (1 + streamsOpened)
  }

  windowUpdate(streamsOpened: number, dataFramesSent: number): boolean {
    const allowed = 5 + 2 * (streamsOpened + this.limits.maxWindowUpdatesPerDataFrame * dataFramesSent)
    return ++this.windowUpdates > allowed
  }

  settingsFrame(nowMs: number): boolean {
    return this.settings.exceeds(nowMs)
  }

  ping(nowMs: number): boolean {
    return this.pings.exceeds(nowMs)
  }

  prematureReset(nowMs: number): boolean {
    return this.resets.exceeds(nowMs)
  }

  headersBegin(): void {
    this.continuations = 0
  }

  continuation(): boolean {
    return ++this.continuations > this.limits.maxContinuations
  }
}
