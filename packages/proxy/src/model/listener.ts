import type { FilterBlueprint } from '../filters/filter.ts'
import type { AccessLogConfig } from './access-log.ts'
import type { SocketAddress } from './address.ts'
import type { Http2Options } from './http2.ts'
import type { RouteTableConfig, WeightedCluster } from './route.ts'
import type { DownstreamTlsConfig } from './tls.ts'

/** A listener as decoded from `envoy.config.listener.v3.Listener`. */
export interface ListenerConfig {
  readonly name: string
  readonly address: SocketAddress
  /** False for listeners that only receive connections handed over by an original-destination listener. */
  readonly bindToPort: boolean
  /**
   * What becomes of a redirected connection's original destination: `restore` takes it as the local address, for filter chains
   * and `original-dst` clusters; `hand-over` also gives the connection to the listener of that address, if there is one.
   */
  readonly originalDst: 'ignore' | 'restore' | 'hand-over'
  readonly direction: 'inbound' | 'outbound' | 'unspecified'
  readonly inspectTls: boolean
  readonly inspectHttp: boolean
  /** How long inspection may wait for bytes; then the connection goes on with what is known. 0: no limit. */
  readonly inspectionTimeoutMs: number
  readonly filterChains: readonly FilterChainConfig[]
  readonly defaultFilterChain: FilterChainConfig | null
}

/** Empty lists and null match anything (envoy.config.listener.v3.FilterChainMatch). */
export interface FilterChainMatch {
  readonly destinationPort: number | null
  readonly destinationRanges: readonly CidrRange[]
  readonly serverNames: readonly string[]
  readonly transportProtocol: '' | 'tls' | 'raw_buffer'
  readonly applicationProtocols: readonly string[]
}

export interface CidrRange {
  readonly address: string
  readonly prefixLength: number
}

export interface FilterChainConfig {
  readonly name: string
  readonly match: FilterChainMatch
  readonly tls: DownstreamTlsConfig | null
  readonly terminal: HttpConnectionManagerConfig | TcpProxyConfig
}

export interface TcpProxyConfig {
  readonly kind: 'tcp-proxy'
  readonly statPrefix: string
  /** At least one; weights as in routes. */
  readonly clusters: readonly WeightedCluster[]
  /** 0: no limit. */
  readonly idleTimeoutMs: number
  readonly accessLog: readonly AccessLogConfig[]
}

export interface HttpConnectionManagerConfig {
  readonly kind: 'http-connection-manager'
  readonly statPrefix: string
  readonly routes: { readonly kind: 'inline'; readonly table: RouteTableConfig } | { readonly kind: 'rds'; readonly name: string }
  /** In order; the last one is the router. */
  readonly httpFilters: readonly FilterBlueprint[]
  readonly accessLog: readonly AccessLogConfig[]
  readonly serverName: string
  readonly useRemoteAddress: boolean
  readonly xffNumTrustedHops: number
  readonly generateRequestId: boolean
  readonly forwardClientCert: 'sanitize' | 'forward-only' | 'append-forward' | 'sanitize-set' | 'always-forward-only'
  /** 0: no limit. */
  readonly streamIdleTimeoutMs: number
  /** 0: no limit. */
  readonly requestHeadersTimeoutMs: number
  /** Time an idle downstream connection is kept. 0: no limit. */
  readonly idleTimeoutMs: number
  /** Bytes of a request's head that are accepted; more is answered 431. */
  readonly maxRequestHeadersBytes: number
  readonly maxRequestHeadersCount: number
  /** `auto`: HTTP/2 when ALPN says `h2`, or when its connection preface comes first. */
  readonly codec: 'auto' | 'http1' | 'http2'
  readonly http2: Http2Options
  readonly upgrades: readonly string[]
  /** Accept `GET http://host/path` and route by that host, as an HTTP proxy does. */
  readonly allowAbsoluteUrl: boolean
  readonly normalizePath: boolean
  readonly mergeSlashes: boolean
  /** Pass trailers of HTTP/1.1 messages on (`enable_trailers`). Absent: they are dropped, as Envoy does. */
  readonly forwardTrailers?: boolean
}
