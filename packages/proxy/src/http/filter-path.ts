import { messageOf } from '@meshwork/core/result'
import { BUFFER, CONTINUE, type FilterStatus, PAUSE, REPLIED } from '../filters/filter.ts'
import type { ActiveStream } from './active-stream.ts'
import { DATA, END, FilterGate, HEAD, type HeldEvent, type StreamEvent } from './filter-gate.ts'
import { ResponseFlag } from './response-flags.ts'

const NOTHING = Buffer.alloc(0)
const NOWHERE = -1

/** Place and slot of a filter in the list of one phase. */
interface Entry {
  readonly slot: number
  readonly place: number
}

/**
 * One direction of a stream through its filters. An event goes from filter to filter until one stops it; then a gate
 * stands at that filter, and what comes later queues there, in order. Without gates nothing is allocated.
 */
export abstract class FilterPath {
  protected readonly stream: ActiveStream
  /** Bytes of body that a buffering filter may make us keep. */
  bufferLimit: number
  private gates: FilterGate[] | null = null
  /** Place of the filter that is being called, and with what. */
  private calling: number = NOWHERE
  private callingEvent: StreamEvent = HEAD
  /** The filter being called has asked to go on already. */
  private resumedInside = false
  /** What the filter being called put in the chunk's place. */
  private replacement: Buffer | null = null
  /** Body that a filter made while it was given the head. */
  private injected: { readonly place: number; readonly chunk: Buffer }[] | null = null
  /** Events that arrive while a gate is being emptied. */
  private backlog: HeldEvent[] | null = null

  constructor(stream: ActiveStream) {
    this.stream = stream
    this.bufferLimit = stream.plan.bufferLimitBytes
  }

  /** Some filter holds everything back: the source should wait. */
  get paused(): boolean {
    return this.gates !== null && this.gates.some(gate => !gate.buffering)
  }

  passHead(): void {
    this.enter(HEAD, NOTHING, false)
  }

  /** `volatile`: the buffer is read into again, so what may wait is copied. */
  passData(chunk: Buffer, volatile: boolean): void {
    this.enter(DATA, chunk, volatile)
  }

  passEnd(): void {
    this.enter(END, NOTHING, false)
  }

  /** In a filter's call: this goes on in place of the chunk. */
  replaceData(chunk: Buffer): void {
    this.replacement = chunk
  }

  /** The filter in `place` adds body: it goes on from there, before what is still to come. */
  inject(place: number, chunk: Buffer): void {
    if (this.stream.ended) return
    this.onInjected()
    const gate = this.gateAt(place)
    if (gate?.holdsHead === true) gate.holdBehind(DATA, chunk, false)
    else if (this.calling === place && this.callingEvent === HEAD) (this.injected ??= []).push({ place, chunk })
    else this.walk(DATA, chunk, false, place + 1)
  }

  /** Opens the gate of the filter in `place`. Within its call: the event that it was given goes on. False: there is none. */
  resumeAt(place: number): boolean {
    if (this.calling === place) {
      this.resumedInside = true
      return true
    }
    const gate = this.gateAt(place)
    if (gate === undefined) return false
    this.open(gate)
    return true
  }

  /** Opens the only or last gate; for filters that do not say where. */
  resumeLast(): boolean {
    if (this.calling !== NOWHERE) return this.resumeAt(this.calling)
    const gate = this.gates?.at(-1)
    return gate !== undefined && this.resumeAt(gate.place)
  }

  /** What waits is dropped. */
  dropGates(): void {
    if (this.gates === null) return
    this.gates = null
    this.onOpened()
  }

  /** Filters of the event's phase, in the order of this direction. */
  protected abstract entriesOf(event: StreamEvent): readonly Entry[]
  protected abstract askFilter(event: StreamEvent, index: number, chunk: Buffer): FilterStatus | undefined
  /** What happened in the filter ends the event here. */
  protected abstract stops(status: FilterStatus): boolean
  /** Nothing passes any more: the source should wait. */
  protected abstract onPaused(): void
  /** The source may go on. */
  protected abstract onOpened(): void
  /** More body waits than may. */
  protected abstract onTooMuch(): void
  /** A filter adds body. */
  protected abstract onInjected(): void
  protected abstract deliver(event: StreamEvent, chunk: Buffer, volatile: boolean): void

  private enter(event: StreamEvent, chunk: Buffer, volatile: boolean): void {
    if (this.backlog !== null) this.backlog.push({ event, chunk: volatile ? Buffer.from(chunk) : chunk })
    else this.walk(event, chunk, volatile, 0)
  }

  /** Takes one event on from `place`: to the end, to a gate, or to the filter that stops it. */
  private walk(event: StreamEvent, chunk: Buffer, volatile: boolean, from: number): void {
    this.step(event, chunk, volatile, from)
    if (event !== HEAD || this.injected === null) return
    const made = this.injected
    this.injected = null
    for (const { place, chunk: body } of made) this.inject(place, body)
  }

  private step(event: StreamEvent, chunk: Buffer, volatile: boolean, from: number): void {
    const entries = this.entriesOf(event)
    const { skips } = this.stream
    let place = from
    let piece = chunk
    for (let i = 0; ; i++) {
      const entry = entries[i]
      if (entry !== undefined && entry.place < place) continue
      const gate = this.gates === null ? undefined : this.gateBetween(place, entry?.place ?? Number.MAX_SAFE_INTEGER)
      if (gate !== undefined && !(gate.buffering && gate.place === entry?.place)) {
        if (gate.buffering) this.keptUnseen(gate, event, piece, volatile)
        else gate.holdBefore(event, piece, volatile)
        return
      }
      if (entry === undefined) break
      if (skips === null || skips[entry.slot] !== 1) {
        const status = this.callFilter(entry, event, i, piece)
        if (this.stops(status)) return
        if (this.replacement !== null) {
          piece = this.replacement
          volatile = false
          this.replacement = null
        }
        if (gate === undefined ? this.halts(status, entry.place, event, piece, volatile) : this.kept(gate, status, event, piece, volatile))
          return
        if (event === DATA && piece.length === 0) return
      } else if (gate !== undefined) {
        this.keptUnseen(gate, event, piece, volatile)
        return
      }
      place = entry.place + 1
    }
    this.deliver(event, piece, volatile)
  }

  /** One that throws costs its request a 500, not the process its life. */
  private callFilter(entry: Entry, event: StreamEvent, index: number, chunk: Buffer): FilterStatus {
    const { stream, calling, callingEvent } = this
    this.calling = entry.place
    this.callingEvent = event
    this.resumedInside = false
    this.replacement = null
    try {
      return this.askFilter(event, index, chunk) ?? CONTINUE
    } catch (error) {
      stream.plan.runtime.log.error('a filter failed', { error: messageOf(error) })
      stream.reply(500, '', ResponseFlag.none, 'filter_failed')
      return REPLIED
    } finally {
      this.calling = calling
      this.callingEvent = callingEvent
    }
  }

  /** Sets up a gate if `status` asks for one; the event waits behind it. */
  private halts(status: FilterStatus, place: number, event: StreamEvent, chunk: Buffer, volatile: boolean): boolean {
    if ((status !== PAUSE && status !== BUFFER) || this.resumedInside) return false
    const gate = new FilterGate(place, status === BUFFER && event !== END)
    this.gates = [...(this.gates ?? []), gate].toSorted((a, b) => a.place - b.place)
    this.keep(gate, event, chunk, volatile)
    if (!gate.buffering) this.onPaused()
    return true
  }

  /** What a filter that buffers says of the next event: always true, the event waits. */
  private kept(gate: FilterGate, status: FilterStatus, event: StreamEvent, chunk: Buffer, volatile: boolean): boolean {
    const opens = this.resumedInside || (event === END && status === CONTINUE)
    if (event === END || chunk.length > 0) this.keep(gate, event, chunk, volatile)
    if (this.over) return true
    if (opens) {
      this.open(gate)
    } else if (status === PAUSE || event === END) {
      gate.buffering = false
      this.onPaused()
    }
    return true
  }

  /** The filter has no method for the event: it has nothing against it. */
  private keptUnseen(gate: FilterGate, event: StreamEvent, chunk: Buffer, volatile: boolean): void {
    this.resumedInside = false
    this.kept(gate, CONTINUE, event, chunk, volatile)
  }

  private keep(gate: FilterGate, event: StreamEvent, chunk: Buffer, volatile: boolean): void {
    gate.holdBehind(event, chunk, volatile)
    if (gate.buffering && gate.bytes > this.bufferLimit) this.onTooMuch()
  }

  private open(gate: FilterGate): void {
    const nested = this.backlog
    this.backlog = []
    const rest = (this.gates ?? []).filter(other => other !== gate)
    this.gates = rest.length === 0 ? null : rest
    for (const { event, chunk } of gate.behind) if (!this.over) this.walk(event, chunk, false, gate.place + 1)
    for (const { event, chunk } of gate.before) if (!this.over) this.walk(event, chunk, false, gate.place)
    const late = this.backlog
    this.backlog = nested
    for (const { event, chunk } of late) if (!this.over) this.enter(event, chunk, false)
    if (!this.over && !this.paused) this.onOpened()
  }

  private get over(): boolean {
    return this.stops(CONTINUE)
  }

  private gateAt(place: number): FilterGate | undefined {
    return this.gates?.find(gate => gate.place === place)
  }

  /** The first gate from `from` to `to`, both included. */
  private gateBetween(from: number, to: number): FilterGate | undefined {
    return this.gates?.find(gate => gate.place >= from && gate.place <= to)
  }
}
