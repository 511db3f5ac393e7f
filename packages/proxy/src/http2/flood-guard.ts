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
  private readonly prioritiesOfSecond: Rate
  private resetsStartMs = Number.NEGATIVE_INFINITY
  private resets = 0
  /** Streams that were opened before the span in which resets are counted. */
  private openedBefore = 0
  private emptyInRow = 0
  private priorities = 0
  private windowUpdates = 0
  private continuations = 0

  constructor(limits: FloodLimits) {
    this.limits = limits
    this.settings = new Rate(limits.maxSettingsPerSecond, 1000)
    this.pings = new Rate(limits.maxPingsPerSecond, 1000)
    this.prioritiesOfSecond = new Rate(limits.maxPriorityFramesPerSecond, 1000)
  }

  /** DATA, HEADERS or CONTINUATION. */
  emptyFrame(empty: boolean, endStream: boolean): boolean {
    if (empty && !endStream) return ++this.emptyInRow > this.limits.maxConsecutiveEmptyFrames
    this.emptyInRow = 0
    return false
  }

  /** The first budget grows with what the peer opens, so a second one does not. */
  priority(streamsOpened: number, nowMs: number): boolean {
    const allowed = this.limits.maxPriorityFramesPerStream * (1 + streamsOpened)
    return this.prioritiesOfSecond.exceeds(nowMs) || ++this.priorities > allowed
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

  /**
   * A stream ended before it was answered, by a reset of the peer or for what the peer did on it. A connection that many clients
   * share has many that give up: up to half of its streams may end so (decision 0014).
   */
  prematureReset(nowMs: number, streamsOpened: number): boolean {
    const { limits } = this
    if (nowMs - this.resetsStartMs >= limits.prematureResetWindowMs) {
      this.resetsStartMs = nowMs
      this.resets = 0
      this.openedBefore = streamsOpened
    }
    return ++this.resets > Math.max(limits.maxPrematureResets, (streamsOpened - this.openedBefore) / 2)
  }

  headersBegin(): void {
    this.continuations = 0
  }

  continuation(): boolean {
    return ++this.continuations > this.limits.maxContinuations
  }
}
