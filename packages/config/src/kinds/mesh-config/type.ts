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
}
