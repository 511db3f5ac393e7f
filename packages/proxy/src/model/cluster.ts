import type { HeaderCase } from './http-connection-manager.ts'
import type { SocketAddress } from './address.ts'
import type { BalancerConfig, BalancingRules, SubsetConfig } from './balancing.ts'
import type { EndpointCheckConfig, HealthCheckConfig } from './health-check.ts'
import type { Http2Options } from './http2.ts'
import type { OutlierConfig } from './outlier.ts'
import type { ProxyHeaderConfig, UpstreamTlsConfig } from './tls.ts'
import type { TcpKeepAlive } from './tcp-keep-alive.ts'

/** A cluster as decoded from `envoy.config.cluster.v3.Cluster`. */
export interface ClusterConfig {
  readonly name: string
  readonly discovery: DiscoveryConfig
  readonly balancer: BalancerConfig
  readonly balancing: BalancingRules
  /** null: all hosts are one set. */
  readonly subsets: SubsetConfig | null
  readonly connectTimeoutMs: number
  /** Local address of connections to the hosts; null: the system chooses. Traffic rules tell by it what a proxy sends to its own application. */
  readonly sourceAddress: string | null
  /** `auto`: what ALPN chooses. `use-downstream`: the protocol of the client. */
  readonly protocol: 'http1' | 'http2' | 'auto' | 'use-downstream'
  /** Where HTTP/2 is spoken. */
  readonly http2: Http2Options
  /** Where HTTP/1.1 is spoken. */
  readonly http1: Http1ClientOptions
  /** For requests of default priority. */
  readonly limits: CircuitLimits
  /** For requests of high priority. */
  readonly highLimits: CircuitLimits
  /** Time an idle upstream connection is kept. 0: no limit. */
  readonly idleTimeoutMs: number
  /** Age at which an upstream connection takes no further request. 0: no limit. */
  readonly maxConnectionAgeMs: number
  /** From the beginning of a request's stream to the end of its response; 0: no limit (HttpProtocolOptions.max_stream_duration). */
  readonly maxStreamDurationMs: number
  /** 0: unlimited. */
  readonly maxRequestsPerConnection: number
  /** Connections made before requests need them. */
  readonly preconnect: PreconnectRatios
  /** Of upstream connections; null: their silence is borne. */
  readonly tcpKeepAlive: TcpKeepAlive | null
  /** null: names are those of the transport socket. */
  readonly autoNames: AutoNames | null
  /** First one whose criteria the endpoint's metadata meets; the last usually matches all. Empty: plain text. */
  readonly transportSockets: readonly TransportSocketMatch[]
  readonly healthCheck: HealthCheckConfig | null
  /** A host that leaves goes at once, though its checks pass. */
  readonly ignoreHealthOnRemoval: boolean
  /** Idle connections to a host that fails its check close. */
  readonly closeOnHostFailure: boolean
  readonly outlier: OutlierConfig | null
  /** `filter_metadata`, among it Istio's `istio` with the services of the cluster. */
  readonly metadata: Readonly<Record<string, unknown>>
}

/** How many streams are to be provided for, as a multiple of those there are (Cluster.PreconnectPolicy), from 1, which is none ahead, to 3. */
export interface PreconnectRatios {
  /** At the host of each request. */
  readonly perHost: number
  /** In the whole cluster: connections to the hosts that come next. */
  readonly predictive: number
}

/** `envoy.config.core.v3.Http1ProtocolOptions` on the side of upstreams, and limits of what these may answer. */
export interface Http1ClientOptions {
  readonly headerCase: HeaderCase
  /** Trailers pass in both directions; otherwise they are dropped. */
  readonly trailers: boolean
  readonly maxResponseHeadersBytes: number
  readonly maxResponseHeadersCount: number
}

export type DiscoveryConfig =
  | { readonly kind: 'static'; readonly load: LoadAssignment }
  | { readonly kind: 'strict-dns'; readonly load: LoadAssignment; readonly dns: DnsConfig }
  | { readonly kind: 'logical-dns'; readonly load: LoadAssignment; readonly dns: DnsConfig }
  | { readonly kind: 'eds'; readonly serviceName: string }
  | OriginalDestinationConfig
  /** The first of these clusters that has a host to give. */
  | { readonly kind: 'aggregate'; readonly clusters: readonly string[] }

export interface OriginalDestinationConfig {
  readonly kind: 'original-dst'
  /** Lower-case name of the header that may name the destination; null: none may. */
  readonly header: string | null
  readonly portOverride: number | null
  /** Hosts that had no request for this time are forgotten. */
  readonly cleanupMs: number
}

export interface DnsConfig {
  readonly refreshMs: number
  /** Times between attempts while a name does not resolve. */
  readonly failureRefresh: { readonly baseMs: number; readonly maxMs: number }
  /** The lifetime of the answer takes the place of `refreshMs`. */
  readonly respectTtl: boolean
  readonly family: 'auto' | 'v4' | 'v6' | 'v4-preferred' | 'all'
  /** `ip:port` of the servers to ask; empty: the system's way. */
  readonly servers: readonly string[]
}

export interface TransportSocketMatch {
  readonly name: string
  /** Compared with `envoy.transport_socket_match` of the endpoint's metadata. */
  readonly criteria: Readonly<Record<string, string>>
  /** null: plain text. */
  readonly tls: UpstreamTlsConfig | null
  /** What is sent first on each connection; null: nothing. */
  readonly proxyHeader: ProxyHeaderConfig | null
}

/** `envoy.config.core.v3.UpstreamHttpProtocolOptions`: names for TLS that come from the request. */
export interface AutoNames {
  /** The name is sent as the server name. */
  readonly serverName: boolean
  /** The server's certificate must have the name. */
  readonly validation: boolean
  /** Lower-case name of the header that has the name in place of the host. Empty: none. */
  readonly header: string
}

export interface CircuitLimits {
  readonly maxConnections: number
  readonly maxPendingRequests: number
  readonly maxRequests: number
  readonly maxRetries: number
  /** Connections to any one host. */
  readonly maxConnectionsPerHost: number
  /** Retries relative to requests in place of `maxRetries`; null: that number counts. */
  readonly retryBudget: { readonly percent: number; readonly minRetries: number } | null
  /** Show how much is left of each limit. */
  readonly trackRemaining: boolean
}

/** Endpoints of a cluster, as decoded from `envoy.config.endpoint.v3.ClusterLoadAssignment`. */
export interface LoadAssignment {
  readonly clusterName: string
  readonly endpoints: readonly EndpointConfig[]
  /** Percent by which a priority may be short of healthy hosts before it sheds load; 140 unless set. */
  readonly overprovisioning: number
  /** The health of a priority is that of its weights, not of its hosts. */
  readonly weightedHealth: boolean
  /** Share of requests that are refused, 0 to 1. */
  readonly dropShare: number
}

export type EndpointHealth = 'unknown' | 'healthy' | 'degraded' | 'unhealthy' | 'draining' | 'timeout'

export interface EndpointConfig {
  readonly address: SocketAddress
  readonly weight: number
  readonly priority: number
  readonly locality: string
  /** Share of the locality among those of its priority; 0: unset. */
  readonly localityWeight: number
  readonly health: EndpointHealth
  /** Name for rewritten host headers, hashing and checks; of a DNS endpoint its name. May be empty. */
  readonly hostname: string
  readonly check: EndpointCheckConfig | null
  readonly metadata: Readonly<Record<string, unknown>>
}
