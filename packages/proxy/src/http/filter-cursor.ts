/** What passes through the filters, in this order for each direction of a stream. */
export const HEAD = 0
export const DATA = 1
export const END = 2

export type StreamEvent = 0 | 1 | 2

/** Where one direction of a stream is in its filters: the event that is passed on, the next filter, and what waits behind a pause. */
export class FilterCursor {
  event: StreamEvent = HEAD
  /** Index of the next filter in the list of the event's phase. */
  index = 0
  /** The piece of body that is passed on while `event` is DATA. */
  chunk: Buffer = NOTHING
  paused = false
  /** The end has arrived (it may wait behind a pause). */
  ended = false
  private held: Buffer[] | null = null

  begin(event: StreamEvent): void {
    this.event = event
    this.index = 0
  }

  /** `volatile`: the buffer is read into again, so what may wait is copied. */
  beginData(chunk: Buffer, volatile: boolean): void {
    this.begin(DATA)
    this.chunk = volatile ? Buffer.from(chunk) : chunk
  }

  hold(chunk: Buffer, volatile: boolean): void {
    this.held ??= []
    this.held.push(volatile ? Buffer.from(chunk) : chunk)
  }

  /** Takes the next event that waited; false when there is none. */
  next(): boolean {
    const chunk = this.held?.shift()
    if (chunk !== undefined) {
      this.beginData(chunk, false)
      return true
    }
    this.index = 0
    if (!this.ended || this.event === END) return false
    this.event = END
    return true
  }
}

const NOTHING = Buffer.alloc(0)
