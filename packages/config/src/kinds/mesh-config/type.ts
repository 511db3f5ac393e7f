import type { LocalityLbSetting } from '../destination-rule/type.ts'
import type { ExtensionProvider } from './provider.ts'

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
  /** Where requests go first, unless a DestinationRule says otherwise. `enabled: false` switches it off for the mesh. */
  readonly localityLbSetting: LocalityLbSetting
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
  /** Names of `extensionProviders`, used where no Telemetry object names any; of those that trace only the first. */
  readonly defaultProviders: DefaultProviders
  /** Other names of `trustDomain`: identities of these domains count as those of the own one. */
  readonly trustDomainAliases: readonly string[]
  /** How paths are made comparable before anything looks at them. */
  readonly pathNormalization: { readonly normalization: PathNormalization }
}

export interface DefaultProviders {
  readonly tracing: readonly string[]
  readonly accessLogging: readonly string[]
  readonly metrics: readonly string[]
}

/** DEFAULT is BASE: dot segments (RFC 3986 section 6.2.2), needless percent-encoding and backslashes; each next one does more. */
export type PathNormalization = 'DEFAULT' | 'NONE' | 'BASE' | 'MERGE_SLASHES' | 'DECODE_AND_MERGE_SLASHES'

/** `ProxyConfig.tracing`. */
export interface MeshTracing {
  /** `host:port` of a collector that is a service of the mesh; empty for none. */
  readonly zipkin: { readonly address: string }
  /** Percent of the requests, 0 to 100. */
  readonly sampling: number
  /** Longest path in a span's URL, in characters; 0 for Envoy's default. */
  readonly maxPathTagLength: number
}
