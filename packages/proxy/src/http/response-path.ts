import { type FilterStatus, REPLIED } from '../filters/filter.ts'
import { DATA, HEAD, type StreamEvent } from './filter-gate.ts'
import { FilterPath } from './filter-path.ts'
import { LOCAL_REPLIES } from './local-reply.ts'
import { finishResponseHead } from './prepare-response.ts'

const NO_FILTERS: readonly { readonly slot: number; readonly place: number }[] = []

/** The response's way: through the filters, in reverse order, to the client. */
export class ResponsePath extends FilterPath {
  /** The head is on its way to the client: no other answer is possible. */
  headSent = false
  private bodiless = false
  private fromUpstream = false
  private bypassesFilters = false

  /** The head is in the stream's record. `fromUpstream`: not an answer of our own. */
  start(bodiless: boolean, fromUpstream: boolean): void {
    this.bodiless = bodiless
    this.fromUpstream = fromUpstream
    this.passHead()
  }

  /** Forgets the response that was under way: another one takes its place, past the filters, which have seen one. */
  startOver(): void {
    this.bypassesFilters = true
    this.dropGates()
  }

  protected override entriesOf(event: StreamEvent): readonly { readonly slot: number; readonly place: number }[] {
    if (this.bypassesFilters) return NO_FILTERS
    const { filters } = this.stream.plan
    if (event === HEAD) return filters.responseHead
    return event === DATA ? filters.responseData : filters.responseEnd
  }

  protected override askFilter(event: StreamEvent, index: number, chunk: Buffer): FilterStatus | undefined {
    const { stream } = this
    const { filters } = stream.plan
    if (event === HEAD) return filters.responseHead[index]?.filter.onResponseHead(stream, this.bodiless)
    if (event === DATA) return filters.responseData[index]?.filter.onResponseData(stream, chunk)
    return filters.responseEnd[index]?.filter.onResponseEnd(stream)
  }

  protected override stops(status: FilterStatus): boolean {
    return this.stream.ended || status === REPLIED
  }

  /** The upstream is asked to wait when its next bytes come: often there are none. */
  protected override onPaused(): void {}

  protected override onOpened(): void {
    this.stream.onResponseOpened()
    this.stream.downstream.flush()
  }

  protected override onTooMuch(): void {
    this.stream.replyWith(LOCAL_REPLIES.responseTooLarge)
  }

  protected override onInjected(): void {
    this.bodiless = false
  }

  protected override deliver(event: StreamEvent, chunk: Buffer, volatile: boolean): void {
    if (event === DATA) this.deliverData(chunk, volatile)
    else if (event === HEAD) this.deliverHead()
    else this.deliverEnd()
  }

  private deliverHead(): void {
    const { stream } = this
    const { responseHeaders, downstream } = stream
    if (responseHeaders === null) return
    this.headSent = true
    finishResponseHead(stream, responseHeaders, this.fromUpstream)
    downstream.sendHead(stream.status, responseHeaders, this.bodiless)
  }

  private deliverData(chunk: Buffer, volatile: boolean): void {
    this.stream.responseBytes += chunk.length
    this.stream.downstream.sendData(chunk, volatile)
  }

  private deliverEnd(): void {
    this.stream.finish()
    this.stream.downstream.sendEnd(this.stream.responseTrailers)
  }
}
