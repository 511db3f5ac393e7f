/** Successes among the attempts of one interval, and of the one before it, which is the one that is judged. */
export class SuccessWindow {
  private total = 0
  private good = 0
  private lastTotal = 0
  private lastGood = 0
  /** Percent of the last interval as the admin page shows it; -1: too few attempts to say. */
  shown = -1

  count(success: boolean): void {
    this.total++
    if (success) this.good++
  }

  /** An interval is over. */
  turn(): void {
    this.lastTotal = this.total
    this.lastGood = this.good
    this.total = 0
    this.good = 0
    this.shown = -1
  }

  /** Attempts in the last interval. */
  get volume(): number {
    return this.lastTotal
  }

  /** Percent of successes in the last interval; meaningless without volume. */
  get rate(): number {
    return (this.lastGood * 100) / this.lastTotal
  }
}
