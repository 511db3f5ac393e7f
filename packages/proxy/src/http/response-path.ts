import type { FilterStatus } from '../filters/filter.ts'
import { DATA, FilterPath, HEAD } from './filter-path.ts'
import { finishResponseHead } from './prepare-response.ts'

/** The response's way: through the filters, in reverse order, to the client. */
export class ResponsePath extends FilterPath {
  private bodiless = false
  private fromUpstream = false

  /** The head is in the stream's record. `fromUpstream`: not an answer of our own. */
  start(bodiless: boolean, fromUpstream: boolean): void {
    this.bodiless = bodiless
    this.fromUpstream = fromUpstream
    this.run()
  }

  /** Begins again after a pause. */
  resume(): void {
    this.run()
    this.stream.downstream.flush()
  }

  protected override watchesData(): boolean {
    return this.stream.plan.filters.responseData.length > 0
  }

  protected override filterCount(): number {
    const { filters } = this.stream.plan
    if (this.event === HEAD) return filters.responseHead.length
    return this.event === DATA ? filters.responseData.length : 0
  }

  protected override askFilter(index: number): FilterStatus | undefined {
    const { stream } = this
    const { filters } = stream.plan
    if (this.event === HEAD) return filters.responseHead[index]?.onResponseHead(stream, this.bodiless)
    return filters.responseData[index]?.onResponseData(stream, this.chunk)
  }

  protected override stops(): boolean {
    return this.stream.ended
  }

  /** The upstream is asked to wait when its next bytes come: often there are none. */
  protected override onPaused(): void {}

  protected override deliverHead(): void {
    const { stream } = this
    const { responseHeaders, downstream } = stream
    if (responseHeaders === null) return
    finishResponseHead(stream, responseHeaders, this.fromUpstream)
    downstream.sendHead(stream.status, responseHeaders, this.bodiless)
  }

  protected override deliverData(chunk: Buffer, volatile: boolean): void {
    this.stream.responseBytes += chunk.length
    this.stream.downstream.sendData(chunk, volatile)
  }

  protected override deliverEnd(): void {
    this.stream.finish()
    this.stream.downstream.sendEnd(this.stream.responseTrailers)
  }
}
