import type { ConnectionFacts, RouteFacts, UpstreamFacts } from '../filters/filter.ts'
import type { HeaderTable } from '../http/header-table.ts'
import type { Span } from '../tracing/span.ts'
import type { UpstreamConnectionFacts } from '../upstream/upstream-connection-facts.ts'

/** What access logs and header formatters can say about a request, or about a TCP connection (then without HTTP parts). */
export interface StreamInfo {
  readonly connection: ConnectionFacts
  /** The client's address, as proxies in front of us are trusted to tell it; else the peer's. Port 0: unknown. */
  readonly remoteAddress: string
  readonly remotePort: number
  /** `HTTP/1.1`; empty for TCP. */
  readonly protocol: string
  /** `%ACCESS_LOG_TYPE%` where it is not said by the kind of connection. */
  readonly logType?: string
  readonly method: string
  readonly path: string
  readonly authority: string
  readonly scheme: string
  readonly requestId: string
  readonly requestHeaders: HeaderTable | null
  readonly responseHeaders: HeaderTable | null
  readonly responseTrailers: HeaderTable | null
  readonly status: number
  readonly flags: number
  readonly details: string
  /** Why the transport to the upstream failed; empty if it did not. */
  readonly transportFailure: string
  readonly route: RouteFacts | null
  readonly clusterName: string
  readonly upstream: UpstreamFacts | null
  readonly upstreamLocalAddress: string
  /** The connection that the last attempt went over; null for none. */
  readonly upstreamConnection: UpstreamConnectionFacts | null
  /** null: it is not traced, nor passed on as part of a trace. */
  readonly span: Span | null
  readonly requestBytes: number
  readonly responseBytes: number
  /** Bytes of head and body as they stood on the client's wire. */
  readonly requestTotalBytes: number
  readonly responseTotalBytes: number
  readonly startTimeMs: number
  /** Milliseconds from the start to the named moment; -1 if it was not reached. */
  readonly requestDoneMs: number
  readonly responseHeadMs: number
  durationMs(): number
  readonly attempts: number
  /** The text of an answer of our own, before it was given its form. */
  readonly localReplyBody: string
  /** A health check that was answered here. */
  readonly healthCheck: boolean
  /** What filters have said under a name; null: nothing. */
  dynamicMetadata(namespace: string): Readonly<Record<string, unknown>> | null
  /** Metadata of the cluster that was chosen, by namespace; null without one. */
  clusterMetadata(): Readonly<Record<string, unknown>> | null
}
