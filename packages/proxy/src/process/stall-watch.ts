/** What a look at the main thread found. */
export type StallVerdict = 'turning' | 'stalled' | 'still-stalled' | 'hopeless'

/**
 * Judges from another thread whether the main one turns. Counts only time in which this thread looked itself: when neither could run,
 * because the machine slept or had other work, nobody stalled.
 */
export class StallWatch {
  /** Stalls found so far. */
  stalls = 0
  /** How long the present silence lasts. */
  silentMs = 0
  private readonly stallMs: number
  private readonly hopelessMs: number
  private readonly lookMs: number
  private beats = -1

  /** `lookMs`: the usual time between looks. */
  constructor(lookMs: number, stallMs: number, hopelessMs: number) {
    this.lookMs = lookMs
    this.stallMs = stallMs
    this.hopelessMs = hopelessMs
  }

  /** `beats`: how often the main thread turned so far; `elapsedMs`: since the last look. */
  look(beats: number, elapsedMs: number): StallVerdict {
    if (beats !== this.beats) {
      this.beats = beats
      this.silentMs = 0
      return 'turning'
    }
    const before = this.silentMs
    this.silentMs += Math.min(elapsedMs, 2 * this.lookMs)
    if (this.silentMs < this.stallMs) return 'turning'
    if (this.silentMs >= this.hopelessMs) return 'hopeless'
    if (before >= this.stallMs) return 'still-stalled'
    this.stalls++
    return 'stalled'
  }
}
