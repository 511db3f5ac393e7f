import type { HeaderCase } from './http-connection-manager.ts'
import type { SocketAddress } from './address.ts'
import type { Http2Options } from './http2.ts'
import type { UpstreamTlsConfig } from './tls.ts'

/** A cluster as decoded from `envoy.config.cluster.v3.Cluster`. */
export interface ClusterConfig {
  readonly name: string
  readonly discovery:
    | { readonly kind: 'static'; readonly load: LoadAssignment }
    | { readonly kind: 'strict-dns'; readonly load: LoadAssignment }
    | { readonly kind: 'eds'; readonly serviceName: string }
    | { readonly kind: 'original-dst' }
  readonly loadBalancer: 'round-robin' | 'least-request' | 'random'
  readonly connectTimeoutMs: number
  /** Local address of connections to the hosts; null: the system chooses. Traffic rules tell by it what a proxy sends to its own application. */
  readonly sourceAddress: string | null
  /** `auto`: what ALPN chooses. `use-downstream`: the protocol of the client. */
  readonly protocol: 'http1' | 'http2' | 'auto' | 'use-downstream'
  /** Where HTTP/2 is spoken. */
  readonly http2: Http2Options
  /** Where HTTP/1.1 is spoken. */
  readonly http1: Http1ClientOptions
  readonly limits: CircuitLimits
  /** Time an idle upstream connection is kept. 0: no limit. */
  readonly idleTimeoutMs: number
  /** 0: unlimited. */
  readonly maxRequestsPerConnection: number
  /** First one whose criteria the endpoint's metadata meets; the last usually matches all. Empty: plain text. */
  readonly transportSockets: readonly TransportSocketMatch[]
  /** `filter_metadata`, among it Istio's `istio` with the services of the cluster. */
  readonly metadata: Readonly<Record<string, unknown>>
}

/** `envoy.config.core.v3.Http1ProtocolOptions` on the side of upstreams, and limits of what these may answer. */
export interface Http1ClientOptions {
  readonly headerCase: HeaderCase
  /** Trailers pass in both directions; otherwise they are dropped. */
  readonly trailers: boolean
  readonly maxResponseHeadersBytes: number
  readonly maxResponseHeadersCount: number
}

export interface TransportSocketMatch {
  readonly name: string
  /** Compared with `envoy.transport_socket_match` of the endpoint's metadata. */
  readonly criteria: Readonly<Record<string, string>>
  /** null: plain text. */
  readonly tls: UpstreamTlsConfig | null
}

export interface CircuitLimits {
  readonly maxConnections: number
  readonly maxPendingRequests: number
  readonly maxRequests: number
  readonly maxRetries: number
}

/** Endpoints of a cluster, as decoded from `envoy.config.endpoint.v3.ClusterLoadAssignment`. */
export interface LoadAssignment {
  readonly clusterName: string
  readonly endpoints: readonly EndpointConfig[]
}

export interface EndpointConfig {
  readonly address: SocketAddress
  readonly weight: number
  readonly priority: number
  readonly locality: string
  readonly healthy: boolean
  readonly metadata: Readonly<Record<string, unknown>>
}
