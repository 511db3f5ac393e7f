import type { FilterStream } from '../filters/filter.ts'
import type { HeaderTable } from './header-table.ts'
import type { LocalReply } from './local-reply.ts'
import type { StreamRecord } from './stream-record.ts'

/** A stream under way as its parts see it: its record, and what they may tell it. */
export interface ActiveStream extends StreamRecord, Omit<FilterStream, keyof StreamRecord> {
  replyWith(reply: LocalReply, headers?: readonly (readonly [string, string])[]): void
  /** The request, turned elsewhere, goes its whole way anew: filters, route, upstream. */
  beginAgain(body: readonly Buffer[], trailers: HeaderTable | null): void
  /** The request has passed the filters; what remains is the answer. */
  onRequestComplete(): void
  onRouteTimeout(): void

  /** The upstream's response begins. */
  onUpstreamInterim(status: number, headers: HeaderTable): void
  onUpstreamHead(status: number, headers: HeaderTable, bodiless: boolean): void
  /** `volatile`: the chunk must be copied to be kept. */
  onResponseData(chunk: Buffer, volatile: boolean): void
  onResponseEnd(trailers: HeaderTable | null): void
  /** The response broke off. */
  onResponseBroken(flags: number, details: string): void
  flushResponse(): void
  /** No filter holds the response back any more. */
  onResponseOpened(): void
  /** The upstream takes the request's bytes (again). */
  onUpstreamReady(): void
  /** Nothing more happens to this stream. */
  finish(): void
}
