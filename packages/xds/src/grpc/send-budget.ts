import type { Clock, Timer } from '@meshwork/core/time'

export interface SendBudgetOptions {
  readonly clock: Clock
  /** How many bytes may be on their way to all clients together. Default 8 MB. */
  readonly bytes?: number
}

const BYTES = 8 * 1024 * 1024
/** Who takes less than so many bytes in so many milliseconds, or longer than so many of these in all, lets the others go on. */
const LEAST_PROGRESS_BYTES = 64 * 1024
const PROGRESS_MS = 250
const MOST_CHECKS = 8

/** Something large that wants to go out. */
export interface Sending {
  readonly bytes: number
  /** Begins; `done` is to be called when the bytes have gone or never will. */
  readonly start: (done: () => void) => void
  /** Bytes that have gone out to the same client, ever. */
  readonly taken: () => number
}

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

  /** Starts it, now or later. Returns a way to give up. */
  ask(sending: Sending): () => void {
    let finish: (() => void) | null = null
    let isOver = false
    const admitted = (): void => {
      if (isOver) return
      finish = this.hold(sending)
      sending.start(finish)
    }
    this.waiting.push({ bytes: sending.bytes, start: admitted })
    this.admit()
    return () => {
      isOver = true
      finish?.()
    }
  }

  private hold({ bytes, taken }: Sending): () => void {
    this.underWay += bytes
    let checks = 0
    let before = taken()
    let timer: Timer | null = null
    const release = (): void => {
      if (timer === null) return
      timer.cancel()
      timer = null
      this.underWay -= bytes
      this.admit()
    }
    const check = (): void => {
      const now = taken()
      checks++
      if (now - before < LEAST_PROGRESS_BYTES || checks >= MOST_CHECKS) release()
      else timer = this.clock.after(PROGRESS_MS, check)
      before = now
    }
    timer = this.clock.after(PROGRESS_MS, check)
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
