import { type TimerOwner, type TimerWheel, WheelTimer } from '@meshwork/core/time'

/** Told that an attempt took too long (`try`), its upstream was silent too long (`idle`), or it lasted too long (`duration`). */
export interface AttemptWatcher {
  onAttemptTimeout(kind: 'try' | 'idle' | 'duration'): void
}

const TRY = 0
const IDLE = 1
const DURATION = 2
const KINDS = ['try', 'idle', 'duration'] as const

/** The time limits of one attempt at a time. Nothing is made for requests whose attempts have none. */
export class AttemptTimers implements TimerOwner {
  private readonly watcher: AttemptWatcher
  private readonly wheel: TimerWheel
  private readonly tryTimer: WheelTimer = new WheelTimer(this, TRY)
  private readonly idleTimer: WheelTimer = new WheelTimer(this, IDLE)
  private durationTimer: WheelTimer | null = null
  private idleMs = 0

  constructor(watcher: AttemptWatcher, wheel: TimerWheel) {
    this.watcher = watcher
    this.wheel = wheel
  }

  /** The request is complete at the upstream. 0: no limit. */
  start(tryMs: number, idleMs: number): void {
    if (tryMs > 0) this.wheel.set(this.tryTimer, tryMs)
    this.idleMs = idleMs
    this.touch()
  }

  /** The attempt has a connection: from here on to the end of its response it may last so long. */
  limitDuration(maxMs: number): void {
    this.durationTimer ??= new WheelTimer(this, DURATION)
    this.wheel.set(this.durationTimer, maxMs)
  }

  /** The upstream said something. */
  touch(): void {
    if (this.idleMs > 0) this.wheel.set(this.idleTimer, this.idleMs)
  }

  /** The response has begun: only its silence is watched from here on. */
  onHead(): void {
    this.wheel.clear(this.tryTimer)
    this.touch()
  }

  clear(): void {
    this.wheel.clear(this.tryTimer)
    this.wheel.clear(this.idleTimer)
    if (this.durationTimer !== null) this.wheel.clear(this.durationTimer)
    this.idleMs = 0
  }

  onTimer(kind: number): void {
    this.watcher.onAttemptTimeout(KINDS[kind] ?? 'try')
  }
}
