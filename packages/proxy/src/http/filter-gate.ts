/** What passes through the filters, in this order for each direction of a stream. */
export const HEAD = 0
export const DATA = 1
export const END = 2

export type StreamEvent = 0 | 1 | 2

/** An event that waits. `chunk` is its own copy. */
export interface HeldEvent {
  readonly event: StreamEvent
  readonly chunk: Buffer
}

/**
 * Where one direction of a stream waits: at the filter in `place`. A closed gate lets nothing come to its filter; a
 * buffering one shows the body to the filter and keeps it behind it. Owned by its path; made only when a filter asks for it.
 */
export class FilterGate {
  readonly place: number
  buffering: boolean
  /** Have passed the filter, wait to go on after it. */
  readonly behind: HeldEvent[] = []
  /** Arrived while the gate was closed, have not seen the filter. */
  readonly before: HeldEvent[] = []
  /** Of body, behind. */
  bytes = 0

  constructor(place: number, buffering: boolean) {
    this.place = place
    this.buffering = buffering
  }

  /** The head has not gone on yet, so that no body may. */
  get holdsHead(): boolean {
    return this.behind[0]?.event === HEAD
  }

  /** `volatile`: the chunk must be copied to be kept. */
  holdBehind(event: StreamEvent, chunk: Buffer, volatile: boolean): void {
    this.bytes += chunk.length
    this.behind.push({ event, chunk: volatile ? Buffer.from(chunk) : chunk })
  }

  holdBefore(event: StreamEvent, chunk: Buffer, volatile: boolean): void {
    this.before.push({ event, chunk: volatile ? Buffer.from(chunk) : chunk })
  }
}
