import { messageOf } from '@meshwork/core/result'
import { CONTINUE, type FilterStatus, PAUSE, REPLIED } from '../filters/filter.ts'
import type { ActiveStream } from './active-stream.ts'
import { ResponseFlag } from './response-flags.ts'

/** What passes through the filters, in this order for each direction of a stream. */
export const HEAD = 0
export const DATA = 1
const END = 2

type StreamEvent = 0 | 1 | 2

/**
 * One direction of a stream through its filters. A cursor: the event that is passed on and the next filter. An event goes
 * from filter to filter until one pauses; what arrives meanwhile waits in order.
 */
export abstract class FilterPath {
  paused = false
  protected readonly stream: ActiveStream
  protected event: StreamEvent = HEAD
  /** The piece of body that is passed on while `event` is DATA. */
  protected chunk: Buffer = NOTHING
  /** Of the next filter in the list of the event's phase. */
  private index = 0
  /** The end has arrived (it may wait behind a pause). */
  private ended = false
  private held: Buffer[] | null = null

  constructor(stream: ActiveStream) {
    this.stream = stream
  }

  /** `volatile`: the buffer is read into again, so what may wait is copied. */
  passData(chunk: Buffer, volatile: boolean): void {
    if (this.paused) {
      this.held ??= []
      this.held.push(volatile ? Buffer.from(chunk) : chunk)
    } else if (this.watchesData()) {
      this.beginData(chunk, volatile)
      this.run()
    } else {
      this.deliverData(chunk, volatile)
    }
  }

  passEnd(): void {
    this.ended = true
    if (this.stream.ended || this.paused) return
    this.event = END
    this.index = 0
    this.run()
  }

  /** Passes on what has arrived until a filter stops it. */
  run(): void {
    for (;;) {
      if (!this.passFilters()) return
      if (this.event === HEAD) this.deliverHead()
      else if (this.event === DATA) this.deliverData(this.chunk, false)
      else this.deliverEnd()
      if (this.stream.ended || !this.next()) return
    }
  }

  /** Some filter reads bodies of this direction. */
  protected abstract watchesData(): boolean
  /** Filters of the current event's phase. */
  protected abstract filterCount(): number
  protected abstract askFilter(index: number): FilterStatus | undefined
  /** What `status` says, or what happened in the filter, ends the event here. */
  protected abstract stops(status: FilterStatus): boolean
  protected abstract onPaused(): void
  protected abstract deliverHead(): void
  protected abstract deliverData(chunk: Buffer, volatile: boolean): void
  protected abstract deliverEnd(): void

  /** Runs the current event through the filters from the cursor on; false when it stopped. */
  private passFilters(): boolean {
    const count = this.filterCount()
    while (this.index < count) {
      const status = this.callFilter(this.index++)
      if (this.stops(status)) return false
      if (status === PAUSE && !this.stream.resumedInside) {
        this.paused = true
        this.onPaused()
        return false
      }
    }
    return true
  }

  /** One that throws costs its request a 500, not the process its life. */
  private callFilter(index: number): FilterStatus {
    const { stream } = this
    stream.insideFilter = true
    stream.resumedInside = false
    try {
      return this.askFilter(index) ?? CONTINUE
    } catch (error) {
      stream.plan.runtime.log.error('a filter failed', { error: messageOf(error) })
      stream.reply(500, '', ResponseFlag.none, 'filter_failed')
      return REPLIED
    } finally {
      stream.insideFilter = false
    }
  }

  private beginData(chunk: Buffer, volatile: boolean): void {
    this.event = DATA
    this.index = 0
    this.chunk = volatile ? Buffer.from(chunk) : chunk
  }

  /** Takes the next event that waited; false when there is none. */
  private next(): boolean {
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
