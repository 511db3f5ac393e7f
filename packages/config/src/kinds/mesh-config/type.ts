/** Mesh-wide settings: the fields of Istio's `meshConfig` that have an effect here. Durations in milliseconds. */
export interface MeshConfigSpec {
  readonly outboundTrafficPolicy: { readonly mode: 'REGISTRY_ONLY' | 'ALLOW_ANY' }
  /** `/dev/stdout`, a path, or empty for no access log. */
  readonly accessLogFile: string
  /** Envoy's format string or JSON object text; empty for the default of `accessLogEncoding`. */
  readonly accessLogFormat: string
  readonly accessLogEncoding: 'TEXT' | 'JSON'
  /** Sidecars use mutual TLS wherever the destination has a sidecar. */
  readonly enableAutoMtls: boolean
  /** Port of the HTTP proxy listener of proxies without interception; 0 for none. */
  readonly proxyHttpPort: number
  readonly trustDomain: string
  /** Namespace whose objects apply to the whole mesh. */
  readonly rootNamespace: string
  readonly connectTimeoutMs: number
  /** `host:port` of Mixer's Check; empty for no policy checks. */
  readonly mixerCheckServer: string
  /** `host:port` of Mixer's Report; empty for no telemetry by Mixer. */
  readonly mixerReportServer: string
  readonly disablePolicyChecks: boolean
  /** Requests are traced, by the provider of `defaultProviders.tracing`, else by the collector of `defaultConfig.tracing`. */
  readonly enableTracing: boolean
  readonly defaultConfig: { readonly tracing: MeshTracing }
  readonly extensionProviders: readonly ExtensionProvider[]
  /** Names of `extensionProviders`; only the first that traces is used. */
  readonly defaultProviders: { readonly tracing: readonly string[] }
}

/** `ProxyConfig.tracing`. */
export interface MeshTracing {
  /** `host:port` of a collector that is a service of the mesh; empty for none. */
  readonly zipkin: { readonly address: string }
  /** Percent of the requests, 0 to 100. */
  readonly sampling: number
  /** Longest path in a span's URL, in characters; 0 for Envoy's default. */
  readonly maxPathTagLength: number
}

/** A collector of spans. Exactly one of the two is set. */
export interface ExtensionProvider {
  readonly name: string
  readonly zipkin: ZipkinProvider | undefined
  readonly opentelemetry: OpenTelemetryProvider | undefined
}

export interface ZipkinProvider {
  /** Host name of a service of the mesh. */
  readonly service: string
  readonly port: number
  readonly maxTagLength: number
  readonly enable64bitTraceId: boolean
  /** Empty for `/api/v2/spans`. */
  readonly path: string
}

export interface OpenTelemetryProvider {
  readonly service: string
  readonly port: number
  readonly maxTagLength: number
  /** OTLP over HTTP to this path; without it over gRPC. */
  readonly http: { readonly path: string } | undefined
}
