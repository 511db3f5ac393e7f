import type { HeaderTable } from './header-table.ts'
import type { LocalReply } from './local-reply.ts'
import type { StreamRecord } from './stream-record.ts'

/** A stream under way as its parts see it: its record, and what they may tell it. */
export interface ActiveStream extends StreamRecord {
  /** A filter is being called. */
  insideFilter: boolean
  /** The filter being called has asked to go on already. */
  resumedInside: boolean

  reply(status: number, body: string, flags: number, details: string, headers?: readonly (readonly [string, string])[]): void
  replyWith(reply: LocalReply, headers?: readonly (readonly [string, string])[]): void
  resume(): void
  /** The request has passed the filters; what remains is the answer. */
  onRequestComplete(): void
  onRouteTimeout(): void

  /** The upstream's response begins. */
  onUpstreamHead(status: number, headers: HeaderTable, bodiless: boolean): void
  /** `volatile`: the chunk must be copied to be kept. */
  onResponseData(chunk: Buffer, volatile: boolean): void
  onResponseEnd(trailers: HeaderTable | null): void
  /** The response broke off. */
  onResponseBroken(flags: number, details: string): void
  flushResponse(): void
  /** The upstream takes the request's bytes (again). */
  onUpstreamReady(): void
  /** Nothing more happens to this stream. */
  finish(): void
}
