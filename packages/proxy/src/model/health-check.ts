import type { StringMatch } from './match.ts'
import type { SocketAddress } from './address.ts'

/** `envoy.config.core.v3.HealthCheck`. Times in milliseconds. */
export interface HealthCheckConfig {
  readonly timeoutMs: number
  readonly intervalMs: number
  readonly initialJitterMs: number
  readonly intervalJitterMs: number
  readonly intervalJitterPercent: number
  readonly unhealthyThreshold: number
  readonly healthyThreshold: number
  readonly noTrafficIntervalMs: number
  readonly noTrafficHealthyIntervalMs: number
  readonly unhealthyIntervalMs: number
  readonly unhealthyEdgeIntervalMs: number
  readonly healthyEdgeIntervalMs: number
  readonly reuseConnection: boolean
  /** null: that of the endpoint. */
  readonly altPort: number | null
  /** Compared with the transport socket matches in place of the endpoint's metadata. null: the endpoint's. */
  readonly socketCriteria: Readonly<Record<string, unknown>> | null
  /** ALPN names that checks offer; empty: those of the transport socket. */
  readonly alpn: readonly string[]
  readonly checker: HttpCheckConfig | TcpCheckConfig | GrpcCheckConfig
}

export interface HttpCheckConfig {
  readonly kind: 'http'
  readonly method: string
  /** With query. */
  readonly path: string
  /** Empty: the endpoint's health-check name or the cluster's name. */
  readonly host: string
  readonly headers: readonly CheckHeader[]
  readonly removeHeaders: readonly string[]
  readonly expected: readonly StatusRange[]
  /** Count towards the threshold; others fail at once. */
  readonly retriable: readonly StatusRange[]
  readonly http2: boolean
  /** Bytes that the beginning of the body must hold, in this order. */
  readonly receive: readonly Buffer[]
  /** What the host must call its cluster in `x-envoy-upstream-healthchecked-cluster`. Absent or null: anything. */
  readonly serviceName?: StringMatch | null
}

/** Half-open. */
export interface StatusRange {
  readonly start: number
  readonly end: number
}

export interface CheckHeader {
  readonly name: string
  readonly value: string
  readonly append: boolean
}

export interface TcpCheckConfig {
  readonly kind: 'tcp'
  /** null: to connect is enough. */
  readonly send: Buffer | null
  /** Must appear in this order, anything between them. */
  readonly receive: readonly Buffer[]
}

export interface GrpcCheckConfig {
  readonly kind: 'grpc'
  readonly serviceName: string
  /** Empty: the endpoint's health-check name or the cluster's name. */
  readonly authority: string
  readonly headers: readonly CheckHeader[]
}

/** `Endpoint.HealthCheckConfig`. */
export interface EndpointCheckConfig {
  /** 0: the endpoint's port. */
  readonly port: number
  readonly hostname: string
  readonly address: SocketAddress | null
  readonly disabled: boolean
}
