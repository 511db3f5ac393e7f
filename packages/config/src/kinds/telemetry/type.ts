import type { TargetReference, WorkloadSelector } from '../shape/policy-target.ts'

export type WorkloadMode = 'CLIENT_AND_SERVER' | 'CLIENT' | 'SERVER'

/** `telemetry.istio.io` Telemetry: what is logged, counted and traced, per mesh (root namespace), namespace or workload. */
export interface TelemetrySpec {
  readonly selector?: WorkloadSelector
  readonly targetRefs: readonly TargetReference[]
  readonly accessLogging: readonly AccessLogging[]
  readonly metrics: readonly Metrics[]
  readonly tracing: readonly Tracing[]
}

export interface ProviderName {
  readonly name: string
}

export interface AccessLogging {
  readonly match: { readonly mode: WorkloadMode }
  /** Names of MeshConfig's extension providers; none: what a wider scope says, or MeshConfig's default. */
  readonly providers: readonly ProviderName[]
  /** Absent: what a wider scope says. */
  readonly disabled?: boolean
  /** A CEL expression over the request's attributes; only what it holds for is logged. */
  readonly filter?: { readonly expression: string }
}

export type MetricName = (typeof METRIC_NAMES)[number]

/** The standard metrics as the API names them. */
export const METRIC_NAMES = [
  'ALL_METRICS',
  'REQUEST_COUNT',
  'REQUEST_DURATION',
  'REQUEST_SIZE',
  'RESPONSE_SIZE',
  'TCP_OPENED_CONNECTIONS',
  'TCP_CLOSED_CONNECTIONS',
  'TCP_SENT_BYTES',
  'TCP_RECEIVED_BYTES',
  'GRPC_REQUEST_MESSAGES',
  'GRPC_RESPONSE_MESSAGES',
] as const

export interface Metrics {
  readonly providers: readonly ProviderName[]
  readonly overrides: readonly MetricOverride[]
  /** Time between reports of metrics of connections, in milliseconds. */
  readonly reportingIntervalMs?: number
}

export interface MetricOverride {
  /** A standard metric, or one of the application's own by `customMetric`. */
  readonly match: { readonly metric: MetricName; readonly customMetric?: string; readonly mode: WorkloadMode }
  /** Absent: what a wider scope says. */
  readonly disabled?: boolean
  readonly tagOverrides: Readonly<Record<string, TagOverride>>
}

export interface TagOverride {
  readonly operation: 'UPSERT' | 'REMOVE'
  /** A CEL expression; for UPSERT only. */
  readonly value: string
}

export interface Tracing {
  readonly match: { readonly mode: WorkloadMode }
  readonly providers: readonly ProviderName[]
  /** Percent of the requests, 0 to 100. */
  readonly randomSamplingPercentage?: number
  readonly disableSpanReporting?: boolean
  readonly enableIstioTags?: boolean
  readonly useRequestIdForTraceSampling?: boolean
  readonly customTags: Readonly<Record<string, CustomTag>>
}

/** Where the value of a span's tag comes from; exactly one is set. */
export interface CustomTag {
  readonly literal?: { readonly value: string }
  readonly environment?: { readonly name: string; readonly defaultValue: string }
  readonly header?: { readonly name: string; readonly defaultValue: string }
  /** A format string of access logs. */
  readonly formatter?: { readonly value: string }
}
