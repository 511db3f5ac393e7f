import type { Clock, Timer } from './clock.ts'

/** Told that a timer of its own has come. `kind` is whatever the timer was made with. */
export interface TimerOwner {
  onTimer(kind: number): void
}

/** One deadline that can be set and cleared any number of times without allocating. Made once per owner and kind. */
export class WheelTimer {
  readonly owner: TimerOwner
  readonly kind: number
  /** Tick at which it is due; -1 when not set. */
  dueTick = -1
  previous: WheelTimer | null = null
  next: WheelTimer | null = null

  constructor(owner: TimerOwner, kind: number) {
    this.owner = owner
    this.kind = kind
  }

  get armed(): boolean {
    return this.dueTick >= 0
  }
}

/** With the default tick, deadlines of up to four seconds are looked at once only; longer ones once every four seconds. */
const SLOTS = 2048
/** Fine enough for back-off and for the time limits of single tries, which callers count in tens of milliseconds. */
const TICK_MS = 2
/** The loop stalled, or the process was not given the processor, if the wheel turns so much later than it was to. */
const LATE_MS = 20

/**
 * Deadlines for many requests on one timer of the clock. A deadline comes up to one tick late, never early.
 * After a stall, deadlines wait until what arrived meanwhile has been read: an answer that was in time at the socket is in time,
 * and whoever sent it is not taken for dead because we were late.
 * Setting and clearing link into a list. The clock's timer is set to the next tick at which something may be due, so the
 * length of a tick costs nothing while nothing is due.
 */
export class TimerWheel {
  private readonly clock: Clock
  private readonly tickMs: number
  private readonly heads: (WheelTimer | null)[] = Array.from({ length: SLOTS }, () => null)
  private readonly startMs: number
  private tick = 0
  private armed = 0
  private timer: Timer | null = null
  /** Tick for which the clock's timer is set. */
  private wakeTick = 0
  /** The wheel was late; deadlines until this tick come once the sockets have been read. -1: it was not. */
  private heldTick = -1

  constructor(clock: Clock, tickMs: number = TICK_MS) {
    this.clock = clock
    this.tickMs = tickMs
    this.startMs = clock.monotonicMs()
  }

  /** Sets `timer` to come after `delayMs` (0 or more), replacing what it was set to. */
  set(timer: WheelTimer, delayMs: number): void {
    this.clear(timer)
    if (this.armed === 0 && this.heldTick < 0) this.tick = this.ticksNow()
    const dueTick = Math.max(this.tick + 1, Math.ceil((this.clock.monotonicMs() - this.startMs + delayMs) / this.tickMs))
    timer.dueTick = dueTick
    this.link(timer, dueTick % SLOTS)
    this.armed++
    this.wakeAt(dueTick)
  }

  clear(timer: WheelTimer): void {
    if (timer.dueTick < 0) return
    const slot = timer.dueTick % SLOTS
    if (timer.previous === null) this.heads[slot] = timer.next
    else timer.previous.next = timer.next
    if (timer.next !== null) timer.next.previous = timer.previous
    timer.dueTick = -1
    timer.previous = null
    timer.next = null
    this.armed--
  }

  /** Forgets all timers. */
  close(): void {
    this.timer?.cancel()
    this.timer = null
    this.heads.fill(null)
    this.armed = 0
  }

  private link(timer: WheelTimer, slot: number): void {
    const head = this.heads[slot] ?? null
    timer.next = head
    if (head !== null) head.previous = timer
    this.heads[slot] = timer
  }

  private ticksNow(): number {
    return Math.floor((this.clock.monotonicMs() - this.startMs) / this.tickMs)
  }

  /** Makes sure that the wheel turns at `tick` or before. What it was to wake for may be cleared: then it turns in vain. */
  private wakeAt(tick: number): void {
    if (this.heldTick >= 0 || (this.timer !== null && this.wakeTick <= tick)) return
    this.timer?.cancel()
    this.wakeTick = tick
    const delayMs = this.startMs + tick * this.tickMs - this.clock.monotonicMs()
    this.timer = this.clock.after(Math.max(Math.ceil(delayMs), 1), this.turn)
  }

  /** The next tick whose slot holds anything, be it for a later turn of the wheel. */
  private nextTick(): number {
    let tick = this.tick + 1
    while (this.heads[tick % SLOTS] === null && tick < this.tick + SLOTS) tick++
    return tick
  }

  private readonly turn = (): void => {
    this.timer = null
    const now = this.ticksNow()
    if (this.armed > 0 && (now - this.wakeTick) * this.tickMs > LATE_MS) {
      this.heldTick = now
      setImmediate(this.turnAfterReads)
      return
    }
    this.fireUntil(now)
  }

  /** What became due since the stall was noticed waits for another look at the sockets, should there be another stall. */
  private readonly turnAfterReads = (): void => {
    const until = this.heldTick
    this.heldTick = -1
    this.fireUntil(until)
  }

  private fireUntil(now: number): void {
    // After a long stall every slot is visited once, not each missed tick.
    const from = Math.max(this.tick + 1, now - SLOTS + 1)
    this.tick = Math.max(this.tick, now)
    for (let tick = from; tick <= now; tick++) this.fire(tick % SLOTS, now)
    if (this.armed > 0 && this.heldTick < 0) this.wakeAt(this.nextTick())
  }

  private fire(slot: number, now: number): void {
    let timer = this.heads[slot] ?? null
    while (timer !== null) {
      const next: WheelTimer | null = timer.next
      if (timer.dueTick <= now) {
        this.clear(timer)
        timer.owner.onTimer(timer.kind)
        // The owner may have cleared or moved any other timer: begin again with what is left in the slot.
        timer = this.heads[slot] ?? null
        continue
      }
      timer = next
    }
  }
}
