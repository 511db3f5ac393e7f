import type { Clock, Timer } from '@meshwork/core/time'
import { type TurnEndTask, turnEnd } from './turn-end.ts'

const UNREAD = -1

/**
 * A clock that is read once for each turn of the event loop, as the loop's own timers do it: what one turn handles happens
 * at one time. A request asks for the time about ten times, at 50 ns each.
 */
export class TurnClock implements Clock, TurnEndTask {
  private readonly clock: Clock
  private nowMs = UNREAD
  private elapsedMs = UNREAD

  constructor(clock: Clock) {
    this.clock = clock
  }

  now(): number {
    if (this.nowMs === UNREAD) this.read()
    return this.nowMs
  }

  monotonicMs(): number {
    if (this.elapsedMs === UNREAD) this.read()
    return this.elapsedMs
  }

  after(delayMs: number, run: () => void): Timer {
    return this.clock.after(delayMs, run)
  }

  onTurnEnd(): void {
    this.nowMs = UNREAD
    this.elapsedMs = UNREAD
  }

  private read(): void {
    this.nowMs = this.clock.now()
    this.elapsedMs = this.clock.monotonicMs()
    turnEnd.add(this)
  }
}
