import type { CustomTag, LogCondition, PathNormalization } from '@meshwork/config/kinds'
import type { SecuritySettings } from '../security/inputs.ts'

/** Where and how requests are logged; `path` '' means nowhere. */
export interface AccessLogSettings {
  readonly path: string
  readonly encoding: 'TEXT' | 'JSON'
  /** '' for the default of the encoding. */
  readonly format: string
  /** null: everything is logged. */
  readonly filter: LogCondition | null
}

/** Changes of the standard metrics, by their names without `istio_`. */
export interface MetricSettings {
  readonly dropped: readonly string[]
  readonly tags: readonly MetricTags[]
  /** Time between reports on connections, in milliseconds; 0 for the default. */
  readonly reportMs: number
}

/** Labels of a metric, or of all, that are not the standard ones. */
export interface MetricTags {
  /** '' for all metrics. */
  readonly metric: string
  readonly removed: readonly string[]
  /** Labels and the expressions (of CEL) for their values. */
  readonly set: readonly (readonly [tag: string, expression: string])[]
}

/** Mixer as seen by one proxy. Only our own proxy has the filter. */
export interface MixerSettings {
  /** Clusters of Mixer's services; '' where the mesh names none. */
  readonly checkCluster: string
  readonly reportCluster: string
  readonly disableChecks: boolean
  /** `kubernetes://<pod>.<namespace>`. */
  readonly workloadUid: string
  readonly workloadNamespace: string
  readonly kind: 'sidecar' | 'router'
}

/** Where spans go, and of how many requests. */
export interface TracingSettings {
  readonly collector: TraceCollector
  /** Percent of the requests that nobody decided about yet, 0 to 100. */
  readonly sampling: number
  /** Longest path in `http.url`; 0 for Envoy's default. */
  readonly maxPathTagLength: number
  /** Tags that each span of the proxy has: who it is. */
  readonly tags: readonly (readonly [name: string, value: string])[]
  readonly customTags: Readonly<Record<string, CustomTag>>
}

export type TraceCollector =
  | { readonly kind: 'zipkin'; readonly cluster: string; readonly hostname: string; readonly path: string; readonly wideIds: boolean }
  | { readonly kind: 'otlp-grpc'; readonly cluster: string; readonly hostname: string; readonly serviceName: string }
  | { readonly kind: 'otlp-http'; readonly cluster: string; readonly hostname: string; readonly path: string; readonly serviceName: string }

/** What every HTTP connection manager of a view depends on. */
export interface HttpSettings {
  readonly accessLogs: readonly AccessLogSettings[]
  readonly mixer: MixerSettings | null
  /** Istio's metrics and peer metadata. Extensions of Istio's builds and of our proxy: any other Envoy would refuse them. */
  readonly istioMetrics: boolean
  readonly metrics: MetricSettings
  readonly gateway: boolean
  readonly tracing: TracingSettings | null
  /** What callers must satisfy; null where the proxy's own application is the caller, or nothing is demanded. */
  readonly security: SecuritySettings | null
  readonly pathNormalization: PathNormalization
  /** Of a gateway: proxies in front of it whose X-Forwarded-For may be believed. */
  readonly trustedProxies: number
}

/** The service that a request is for, as Mixer's attributes name it. */
export interface ServiceIdentity {
  readonly host: string
  readonly name: string
  readonly namespace: string
}
