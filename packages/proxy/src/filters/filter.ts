import type { Logger } from '@meshwork/core/log'
import type { StatScope } from '@meshwork/core/metrics'
import type { Clock } from '@meshwork/core/time'
import type { HeaderTable } from '../http/header-table.ts'
import type { PeerCertificate } from '../tls/peer-certificate.ts'

/** What a filter's method answers. Small integers, because it is asked several times for each request. */
export type FilterStatus = 0 | 1 | 2

/** Go on with the next filter. */
export const CONTINUE = 0
/** Stop here; the filter calls `stream.resume()` later and the chain goes on after it. */
export const PAUSE = 1
/** The filter has called `stream.reply(...)`; the rest of the request chain is skipped. */
export const REPLIED = 2

/**
 * An HTTP filter, compiled for one listener's chain. Every method is optional; only those present are ever called.
 * Methods must not throw and must not keep `chunk` after returning (copy what you need): the buffer is read into again.
 * Request methods run in chain order, response methods in reverse order.
 *
 * To be woken after PAUSE: `stream.resume()`, at any later time, once. A stream that ended meanwhile ignores it.
 * While a request is paused the connection is not read further than what has arrived.
 */
export interface HttpFilter {
  /** `endStream`: there is no body. The route is matched; `stream.settings(slot)` has this filter's per-route settings. */
  onRequestHead?(stream: FilterStream, endStream: boolean): FilterStatus
  onRequestData?(stream: FilterStream, chunk: Buffer): FilterStatus
  /** After the last byte, also of requests without a body. */
  onRequestEnd?(stream: FilterStream): FilterStatus
  /** Also for local replies. */
  onResponseHead?(stream: FilterStream, endStream: boolean): FilterStatus
  onResponseData?(stream: FilterStream, chunk: Buffer): FilterStatus
  /** Exactly once, last of all, however the request ended (answered, reset, timed out). For reports and counters. */
  onComplete?(stream: FilterStream): void
}

/** A decoded HTTP filter: knows how to make its running form for one listener. */
export interface FilterBlueprint {
  /** Name in the filter chain, for example `envoy.filters.http.router`. Key of per-route settings. */
  readonly name: string
  /** null: nothing to do in this chain (the router, whose work the connection manager does after the last filter). */
  compile(deps: FilterDeps): HttpFilter | null
}

/** What a filter may use, given once per listener. */
export interface FilterDeps {
  /** The filter's place in the chain: argument of `stream.settings` and `stream.state`. */
  readonly slot: number
  readonly clock: Clock
  readonly log: Logger
  /** Scope `http.<stat_prefix>.`; the filter adds its own prefix. */
  readonly stats: StatScope
  readonly listener: ListenerFacts
  /** Metadata of a cluster known to the proxy (`filter_metadata`), or null. For attributes of destinations. */
  clusterMetadata(cluster: string): Readonly<Record<string, unknown>> | null
}

export interface ListenerFacts {
  readonly name: string
  readonly direction: 'inbound' | 'outbound' | 'unspecified'
}

/** The downstream connection of a request. */
export interface ConnectionFacts {
  /** Counts up from 1 in each process. */
  readonly id: number
  readonly remoteAddress: string
  readonly remotePort: number
  /** After original destination was recovered, that address. */
  readonly localAddress: string
  readonly localPort: number
  /** Where the client connected to before it was redirected to us; null when it meant this listener itself. */
  readonly originalDestination: { readonly host: string; readonly port: number } | null
  readonly isTls: boolean
  /** `outbound_.80_._.host` in a mesh; empty when none was sent. */
  readonly requestedServerName: string
  /** The client's verified certificate; null without TLS or without a client certificate. */
  readonly peer: PeerCertificate | null
  /** First URI name of our own certificate on this connection, or empty. */
  readonly localUriSan: string
}

/** The route that a request took. */
export interface RouteFacts {
  readonly routeName: string
  readonly virtualHostName: string
  readonly metadata: Readonly<Record<string, unknown>>
}

/** The upstream end a request was sent to. */
export interface UpstreamFacts {
  readonly cluster: string
  /** `10.0.0.1:8080` */
  readonly address: string
  readonly host: string
  readonly port: number
  readonly metadata: Readonly<Record<string, unknown>>
}

/** One request and its response, as filters see it. Valid from the first method call to the end of `onComplete`. */
export interface FilterStream {
  readonly connection: ConnectionFacts
  readonly method: string
  /** Origin form with query; filters may assign it (the route stays as matched). */
  path: string
  /** Value of `host`. */
  authority: string
  readonly scheme: string
  readonly requestId: string
  readonly requestHeaders: HeaderTable
  /** null until the response's head is there. */
  readonly responseHeaders: HeaderTable | null
  readonly requestTrailers: HeaderTable | null
  readonly responseTrailers: HeaderTable | null
  /** 0 until the response's head is there. Response filters may assign it. */
  status: number
  /** Bits of `ResponseFlag`. */
  flags: number
  /** Envoy's `%RESPONSE_CODE_DETAILS%`. */
  readonly details: string
  /** null when no route matched or for direct answers before routing. */
  readonly route: RouteFacts | null
  /** The cluster chosen for this request (weights decided), empty without one. Known before the first filter runs. */
  readonly clusterName: string
  /** null until a host was chosen. */
  readonly upstream: UpstreamFacts | null
  /** Milliseconds since the epoch when the request's head had arrived. */
  readonly startTimeMs: number
  /** Milliseconds from the arrival of the head until now, or until the end for a finished request. */
  durationMs(): number
  readonly requestBytes: number
  readonly responseBytes: number
  /** Bytes of head and body as they stood on the wire. */
  readonly requestTotalBytes: number
  readonly responseTotalBytes: number

  /** Per-route settings of the filter in `slot` (most specific of weighted cluster, route, virtual host), or null. */
  settings(slot: number): unknown
  /** What the filter in `slot` stored with `setState`, or null. */
  state(slot: number): unknown
  setState(slot: number, value: unknown): void
  /** Answers in place of the upstream. Legal until the response's head was sent. `flags` are bits of `ResponseFlag`. */
  reply(status: number, body: string, flags: number, details: string, headers?: readonly (readonly [string, string])[]): void
  /** Continues at the cursor after PAUSE. */
  resume(): void
}
