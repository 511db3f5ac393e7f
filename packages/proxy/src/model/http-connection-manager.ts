import type { FilterBlueprint } from '../filters/filter.ts'
import type { AccessLogConfig } from './access-log.ts'
import type { Http2Options } from './http2.ts'
import type { CidrRange } from './listener.ts'
import type { LocalReplyConfig } from './local-reply.ts'
import type { HeaderMutations, RouteTableConfig } from './route.ts'
import type { ScopedRoutesConfig } from './scoped-routes.ts'
import type { TracingConfig } from './tracing.ts'

/** `envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`, without protos. Durations of 0: no limit. */
export interface HttpConnectionManagerConfig {
  readonly kind: 'http-connection-manager'
  readonly statPrefix: string
  readonly routes:
    | { readonly kind: 'inline'; readonly table: RouteTableConfig }
    | { readonly kind: 'rds'; readonly name: string }
    | ScopedRoutesConfig
  /** In order; the last one is the router. */
  readonly httpFilters: readonly FilterBlueprint[]
  /** null: nothing is traced. */
  readonly tracing: TracingConfig | null
  readonly accessLog: readonly AccessLogConfig[]
  readonly serverName: string
  readonly serverHeader: 'overwrite' | 'append-if-absent' | 'pass-through'
  /** Appended to `via` of requests and responses; empty: nothing. */
  readonly via: string
  /** `user-agent` and `x-envoy-downstream-service-cluster` tell the proxy's own cluster (`add_user_agent`). */
  readonly addUserAgent: boolean
  /** The scheme that every request has, whatever the connection was; null: that of the connection. */
  readonly schemeOverwrite: 'http' | 'https' | null
  readonly appendForwardedPort: boolean
  /** The peer is the client, or a proxy in front of which `xffNumTrustedHops - 1` more stand: this is an edge. */
  readonly useRemoteAddress: boolean
  readonly xffNumTrustedHops: number
  readonly skipXffAppend: boolean
  /** Clients whose `x-envoy-*` control headers are obeyed. Empty: nobody's. */
  readonly internalRanges: readonly CidrRange[]
  /** Asked in order who the client is, where `useRemoteAddress` is false. */
  readonly originalIpDetection: readonly OriginalIpDetection[]
  /** Applied in order before the route is chosen. */
  readonly earlyMutations: readonly HeaderMutations[]
  readonly generateRequestId: boolean
  /** An edge keeps the id that a stranger sent. */
  readonly preserveExternalRequestId: boolean
  readonly requestIdInResponse: boolean
  readonly forwardClientCert: 'sanitize' | 'forward-only' | 'append-forward' | 'sanitize-set' | 'always-forward-only'
  readonly clientCertDetails: ClientCertDetails
  readonly localReplies: LocalReplyConfig
  readonly streamIdleTimeoutMs: number
  /** From the first byte to the last of a request. */
  readonly requestTimeoutMs: number
  readonly requestHeadersTimeoutMs: number
  /** From the head of a request to the end of its answer. */
  readonly maxStreamDurationMs: number
  /** Time an idle downstream connection is kept. */
  readonly idleTimeoutMs: number
  readonly maxConnectionDurationMs: number
  /** From the notice that a connection ends to its end (HTTP/2: between the two GOAWAYs). */
  readonly drainTimeoutMs: number
  /** How long a client may take to leave after its last answer, so that no RST eats the answer. 0: no wait. */
  readonly delayedCloseTimeoutMs: number
  /** Requests after which a connection is closed. 0: no limit. */
  readonly maxRequestsPerConnection: number
  /** Bytes of a request's head that are accepted; more is answered 431. */
  readonly maxRequestHeadersBytes: number
  readonly maxRequestHeadersCount: number
  readonly headersWithUnderscores: 'allow' | 'reject' | 'drop'
  /** `auto`: HTTP/2 when ALPN says `h2`, or when its connection preface comes first. */
  readonly codec: 'auto' | 'http1' | 'http2'
  readonly http2: Http2Options
  /** Lower-case names of protocols that a client may switch to. */
  readonly upgrades: readonly string[]
  /** 100 Continue comes from the upstream, and `expect` goes there. */
  readonly proxy100Continue: boolean
  readonly normalizePath: boolean
  readonly mergeSlashes: boolean
  readonly escapedSlashes: 'keep' | 'reject' | 'redirect' | 'forward'
  /** `matching`: the port is dropped from the host where it is the listener's own. */
  readonly stripHostPort: 'no' | 'matching' | 'any'
  readonly stripTrailingHostDot: boolean
  readonly http1: Http1ServerOptions
}

/** How header names are written on HTTP/1.1. `preserve`: as the other side wrote them. */
export type HeaderCase = 'lower' | 'proper' | 'preserve'

/** `envoy.config.core.v3.Http1ProtocolOptions` on the side of clients. */
export interface Http1ServerOptions {
  /** Accept `GET http://host/path` and route by that host, as an HTTP proxy does. */
  readonly allowAbsoluteUrl: boolean
  readonly acceptHttp10: boolean
  /** Host of HTTP/1.0 requests that name none; empty: they are refused. */
  readonly defaultHostForHttp10: string
  readonly headerCase: HeaderCase
  /** Trailers pass; otherwise they are dropped. */
  readonly trailers: boolean
  /** Methods beyond those that are registered or widely used. */
  readonly customMethods: boolean
  /** A bad message ends its request only, where its end is known (`override_stream_error_on_invalid_http_message`). */
  readonly streamError: boolean
}

/** Which parts of the client's certificate `x-forwarded-client-cert` tells beside its hash. */
export interface ClientCertDetails {
  readonly subject: boolean
  readonly cert: boolean
  readonly dns: boolean
  readonly uri: boolean
}

export type OriginalIpDetection =
  | {
      readonly kind: 'custom-header'
      /** Lower-case. */
      readonly header: string
      /** The address may make the request an internal one. */
      readonly trusted: boolean
      /** Status for requests without such an address; null: they go on with the peer's. */
      readonly rejectStatus: number | null
    }
  | { readonly kind: 'xff'; readonly trustedHops: number }
