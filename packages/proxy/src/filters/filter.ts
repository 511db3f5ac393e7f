import type { Logger } from '@meshwork/core/log'
import type { StatScope } from '@meshwork/core/metrics'
import type { Clock, TimerWheel } from '@meshwork/core/time'
import type { HeaderTable } from '../http/header-table.ts'
import type { RateLimitDescriber } from '../route/rate-limit.ts'
import type { StreamInfo } from '../telemetry/stream-info.ts'
import type { PeerCertificate } from '../tls/peer-certificate.ts'
import type { SideCall, SideCallOwner, SideRequest } from '../upstream/side-call.ts'

/** What a filter's method answers. Small integers, because it is asked several times for each request. */
export type FilterStatus = 0 | 1 | 2 | 3

/** Go on with the next filter. */
export const CONTINUE = 0
/** Stop here; the filter resumes the stream later and the chain goes on after it. Nothing else passes meanwhile. */
export const PAUSE = 1
/** The filter has called `stream.reply(...)`; the rest of the request chain is skipped. */
export const REPLIED = 2
/**
 * Keep this and the body that follows, and show it to this filter: it goes on when the filter resumes, or when its end method
 * answers CONTINUE. More than the limit is answered 413 (requests) or 500 (responses). PAUSE from a later call of the filter
 * makes the sender wait too.
 */
export const BUFFER = 3

/** In place of a filter's settings for a route: the filter does not run there (`FilterConfig.disabled`). */
export const FILTER_DISABLED: unique symbol = Symbol('filter disabled')

/**
 * An HTTP filter, compiled for one listener's chain. Every method is optional; only those present are ever called.
 * Methods must not throw and must not keep `chunk` after returning (copy what you need): the buffer is read into again.
 * Request methods run in chain order, response methods in reverse order.
 *
 * To go on after PAUSE or BUFFER: `stream.resumeRequest(slot)` or `stream.resumeResponse(slot)`, at any later time, once. A
 * stream that ended meanwhile ignores it. While a request is paused the connection is not read further than what has arrived.
 * To change a body: `replaceRequestData` in `onRequestData`, `injectRequestData` at any time; likewise for responses.
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
  /** After the last byte, also of responses without a body. */
  onResponseEnd?(stream: FilterStream): FilterStatus
  /** Exactly once, last of all, however the request ended (answered, reset, timed out). For reports and counters. */
  onComplete?(stream: FilterStream): void
}

/** A decoded HTTP filter: knows how to make its running form for one listener. */
export interface FilterBlueprint {
  /** Name in the filter chain, for example `envoy.filters.http.router`. Key of per-route settings. */
  readonly name: string
  /** Runs only where a route has settings for it (`HttpFilter.disabled`). */
  readonly disabled?: boolean
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
  /** For the filter's own timeouts. */
  readonly wheel: TimerWheel
  /** A number in [0, 1), for shares of requests. */
  random(): number
  /** Sends a request of the filter's own to a cluster; the owner is told how it ended. */
  sideCall(cluster: string, request: SideRequest, owner: SideCallOwner): SideCall
  /** Hosts of a cluster, or null when there is no such cluster. */
  clusterHealth(cluster: string): { readonly healthy: number; readonly total: number } | null
  /** Metadata of a cluster known to the proxy (`filter_metadata`), or null. For attributes of destinations. */
  clusterMetadata(cluster: string): Readonly<Record<string, unknown>> | null
  /** `failed`: an operator asked for this proxy to be taken out of rotation (`POST /healthcheck/fail`). May change at any time. */
  readonly health: { readonly failed: boolean }
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
  /** The peer of the socket, whatever a PROXY header says. */
  readonly directRemoteAddress: string
  readonly directRemotePort: number
  /** After original destination was recovered, that address. */
  readonly localAddress: string
  readonly localPort: number
  /** Where the client connected to before it was redirected to us; null when it meant this listener itself. */
  readonly originalDestination: { readonly host: string; readonly port: number } | null
  readonly isTls: boolean
  /** `outbound_.80_._.host` in a mesh; empty when none was sent. */
  readonly requestedServerName: string
  /** The certificate the client has shown; null without TLS or without one. Where it must be verified, it was. */
  readonly peer: PeerCertificate | null
  /** The client's certificate was checked and met every demand. False only where `ACCEPT_UNTRUSTED` let it in unverified. */
  readonly peerValidated: boolean
  /** Protocol agreed on by ALPN, or empty. */
  readonly alpn: string
  /** First URI name of our own certificate on this connection, or empty. */
  readonly localUriSan: string
  /** null without TLS. */
  readonly tls: TlsSessionFacts | null
  /** Extensions of the PROXY header that it began with, as far as they are to be handed on. */
  readonly proxyTlvs: readonly { readonly type: number; readonly value: Buffer }[]
  /** Connections made for it come from its client's address and have this mark (0: none); null: from our own (`original_src`). */
  readonly onwardMark: number | null
  /** What listener filters found, by namespace (`envoy.filters.listener.proxy_protocol`). */
  readonly metadata: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** Name of the filter chain that was chosen; empty for a chain without one, or for none. */
  readonly filterChainName: string
  /** Why a network filter ended the connection (`%CONNECTION_TERMINATION_DETAILS%`), or empty. */
  readonly closeDetails: string
  /** Why the handshake with the client failed (`%DOWNSTREAM_TRANSPORT_FAILURE_REASON%`), or empty. */
  readonly transportFailure: string
}

/** What a handshake has agreed on. */
export interface TlsSessionFacts {
  /** `TLSv1.3` */
  readonly version: string
  /** `TLS_AES_256_GCM_SHA384`, or OpenSSL's name for suites of TLS 1.2: `ECDHE-RSA-AES128-GCM-SHA256`. */
  readonly cipher: string
  /** The certificate that this proxy has shown; null for none. */
  readonly localCertificate: PeerCertificate | null
}

/** The route that a request took. */
export interface RouteFacts {
  readonly routeName: string
  readonly virtualHostName: string
  /** How its requests are described to rate limit filters. */
  readonly rateLimits?: readonly RateLimitDescriber[]
  readonly metadata: Readonly<Record<string, unknown>>
}

/** The upstream end a request was sent to. */
export interface UpstreamFacts {
  readonly cluster: string
  /** `10.0.0.1:8080` */
  readonly address: string
  readonly host: string
  readonly port: number
  /** As the configuration names it; may be empty. */
  readonly hostname: string
  readonly metadata: Readonly<Record<string, unknown>>
}

/** One request and its response, as filters see it. Valid from the first method call to the end of `onComplete`. */
export interface FilterStream extends StreamInfo {
  readonly connection: ConnectionFacts
  /** The client's address, as proxies in front of us are trusted to tell it; else the peer's. */
  readonly remoteAddress: string
  readonly remotePort: number
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
  /** Known in the end methods, which may assign them. */
  requestTrailers: HeaderTable | null
  responseTrailers: HeaderTable | null
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

  /** Per-route settings of the filter in `slot` (most specific of weighted cluster, route, virtual host, table), or null. */
  settings(slot: number): unknown
  /** What the filter in `slot` stored with `setState`, or null. */
  state(slot: number): unknown
  setState(slot: number, value: unknown): void
  /** All per-route settings of the filter in `slot`, from the least specific (virtual host) to the most; for filters that merge them. */
  allSettings(slot: number): readonly unknown[]
  /** What filters have said about this request under a name, usually their own; null: nothing. */
  dynamicMetadata(namespace: string): Readonly<Record<string, unknown>> | null
  /** Adds keys to a namespace; same keys are replaced. Other filters, host selection, header formats and access logs read it. */
  mergeDynamicMetadata(namespace: string, values: Readonly<Record<string, unknown>>): void
  /** Matches the route again, after a filter changed what routes match on. Settings and cluster are the new route's then. */
  rematchRoute(): void
  /**
   * Answers in place of the upstream. Legal until the response's head was sent. `flags` are bits of `ResponseFlag`.
   * `grpcStatus`: what gRPC clients get; by default what the HTTP status stands for.
   */
  reply(
    status: number,
    body: string,
    flags: number,
    details: string,
    headers?: readonly (readonly [string, string])[],
    grpcStatus?: number,
  ): void
  /** Opens what the filter in `slot` stopped with PAUSE or BUFFER. Within its own method: the same as CONTINUE. */
  resumeRequest(slot: number): void
  resumeResponse(slot: number): void
  /** Either, for filters that stop in one place only. */
  resume(): void
  /** In `onRequestData` (`onResponseData`): this goes on in place of the chunk. Nothing does if it is empty. */
  replaceRequestData(chunk: Buffer): void
  replaceResponseData(chunk: Buffer): void
  /** Adds body after the filter in `slot`, before what it holds of the end. The bytes are kept: do not write to them again. */
  injectRequestData(slot: number, chunk: Buffer): void
  injectResponseData(slot: number, chunk: Buffer): void
  /** Most bytes that BUFFER keeps of this request. */
  limitRequestBuffer(bytes: number): void
}
