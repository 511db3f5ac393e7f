import type { Clock } from '@meshwork/core/time'

export interface SendBudgetOptions {
  readonly clock: Clock
  /** How many bytes may be on their way to all clients together. Default 16 MB. */
  readonly bytes?: number
}

const BYTES = 16 * 1024 * 1024
/** Who has not taken his response after so many milliseconds is slow, and no reason for the others to wait. */
const LONGEST_HOLD_MS = 250

interface Waiting {
  readonly bytes: number
  readonly start: () => void
}

/**
 * Lets large responses out a few at a time: TLS and HTTP/2 copy what is on its way, so that a push of megabytes to a thousand
 * clients at once would need gigabytes. State: what is on its way, and who waits, first come, first served.
 */
export class SendBudget {
  private readonly clock: Clock
  private readonly limit: number
  private waiting: Waiting[] = []
  private next = 0
  private underWay = 0

  constructor({ clock, bytes = BYTES }: SendBudgetOptions) {
    this.clock = clock
    this.limit = bytes
  }

  /** Calls `start`, now or later, with what is to be called when the bytes have gone or never will. Returns a way to give up. */
  ask(bytes: number, start: (done: () => void) => void): () => void {
    let finish: (() => void) | null = null
    let isOver = false
    const admitted = (): void => {
      if (isOver) return
      finish = this.hold(bytes)
      start(finish)
    }
    this.waiting.push({ bytes, start: admitted })
    this.admit()
    return () => {
      isOver = true
      finish?.()
    }
  }

  private hold(bytes: number): () => void {
    this.underWay += bytes
    let isHeld = true
    const release = (): void => {
      if (!isHeld) return
      isHeld = false
      timer.cancel()
      this.underWay -= bytes
      this.admit()
    }
    const timer = this.clock.after(LONGEST_HOLD_MS, release)
    return release
  }

  /** One goes even if it alone is more than the limit. */
  private admit(): void {
    for (;;) {
      const first = this.waiting[this.next]
      if (first === undefined || (this.underWay > 0 && this.underWay + first.bytes > this.limit)) break
      this.next++
      first.start()
    }
    if (this.next < 1024 && this.next < this.waiting.length) return
    this.waiting = this.waiting.slice(this.next)
    this.next = 0
  }
}
