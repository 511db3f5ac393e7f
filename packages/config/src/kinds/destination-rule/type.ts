import type { Labels } from '../shape/networking.ts'

/** `networking.istio.io` DestinationRule: how connections to a host are made. Field names are the document's; durations in milliseconds. */
export interface DestinationRuleSpec {
  readonly host: string
  readonly trafficPolicy?: TrafficPolicy
  readonly subsets: readonly Subset[]
  readonly exportTo: readonly string[]
  /** Client workloads the rule applies to; unset means all. */
  readonly workloadSelector?: { readonly matchLabels: Labels }
}

export interface Subset {
  readonly name: string
  readonly labels: Labels
  readonly trafficPolicy?: TrafficPolicy
}

/** The settings that may stand at the rule, at a subset and at a port. */
export interface PortSettings {
  readonly loadBalancer?: LoadBalancerSettings
  readonly connectionPool?: ConnectionPoolSettings
  readonly outlierDetection?: OutlierDetection
  readonly tls?: ClientTlsSettings
}

export interface TrafficPolicy extends PortSettings {
  readonly portLevelSettings: readonly PortTrafficPolicy[]
  readonly tunnel?: TunnelSettings
  readonly proxyProtocol?: { readonly version: 'V1' | 'V2' }
  readonly retryBudget?: { readonly percent?: number; readonly minRetryConcurrency?: number }
}

export interface PortTrafficPolicy extends PortSettings {
  readonly port: number
}

export type SimpleLoadBalancer = 'UNSPECIFIED' | 'RANDOM' | 'PASSTHROUGH' | 'ROUND_ROBIN' | 'LEAST_REQUEST' | 'LEAST_CONN'

export interface LoadBalancerSettings {
  readonly simple?: SimpleLoadBalancer
  readonly consistentHash?: ConsistentHash
  readonly localityLbSetting?: LocalityLbSetting
  readonly warmupDurationMs?: number
  readonly warmup?: { readonly durationMs?: number; readonly minimumPercent?: number; readonly aggression?: number }
}

export interface ConsistentHash {
  readonly httpHeaderName?: string
  readonly httpCookie?: HashCookie
  readonly useSourceIp?: boolean
  readonly httpQueryParameterName?: string
  readonly ringHash?: { readonly minimumRingSize?: number }
  readonly maglev?: { readonly tableSize?: number }
  readonly minimumRingSize?: number
}

export interface HashCookie {
  readonly name: string
  readonly path?: string
  /** Unset means a cookie that the client must bring; 0 a session cookie. */
  readonly ttlMs?: number
  readonly attributes: readonly { readonly name: string; readonly value: string }[]
}

export interface LocalityLbSetting {
  readonly distribute: readonly { readonly from: string; readonly to: Readonly<Record<string, number>> }[]
  readonly failover: readonly { readonly from: string; readonly to: string }[]
  readonly failoverPriority: readonly string[]
  /** Unset means the mesh's setting. */
  readonly enabled?: boolean
}

export interface ConnectionPoolSettings {
  readonly tcp?: TcpPoolSettings
  readonly http?: HttpPoolSettings
}

export interface TcpPoolSettings {
  readonly maxConnections?: number
  readonly connectTimeoutMs?: number
  readonly tcpKeepalive?: { readonly probes?: number; readonly timeMs?: number; readonly intervalMs?: number }
  readonly maxConnectionDurationMs?: number
  readonly idleTimeoutMs?: number
}

export interface HttpPoolSettings {
  readonly http1MaxPendingRequests?: number
  readonly http2MaxRequests?: number
  readonly maxRequestsPerConnection?: number
  readonly maxRetries?: number
  readonly idleTimeoutMs?: number
  readonly h2UpgradePolicy?: 'DEFAULT' | 'DO_NOT_UPGRADE' | 'UPGRADE'
  readonly useClientProtocol?: boolean
  readonly maxConcurrentStreams?: number
}

export interface OutlierDetection {
  /** Deprecated; counts as `consecutive5xxErrors` of Istio 1.0. */
  readonly consecutiveErrors?: number
  readonly consecutive5xxErrors?: number
  readonly consecutiveGatewayErrors?: number
  readonly splitExternalLocalOriginErrors?: boolean
  readonly consecutiveLocalOriginFailures?: number
  readonly intervalMs?: number
  readonly baseEjectionTimeMs?: number
  readonly maxEjectionPercent?: number
  readonly minHealthPercent?: number
}

export type ClientTlsMode = 'DISABLE' | 'SIMPLE' | 'MUTUAL' | 'ISTIO_MUTUAL'

export interface ClientTlsSettings {
  readonly mode: ClientTlsMode
  readonly clientCertificate?: string
  readonly privateKey?: string
  readonly caCertificates?: string
  readonly caCrl?: string
  readonly credentialName?: string
  readonly subjectAltNames: readonly string[]
  readonly sni?: string
  readonly insecureSkipVerify?: boolean
}

export interface TunnelSettings {
  readonly protocol?: string
  readonly targetHost: string
  readonly targetPort: number
}
