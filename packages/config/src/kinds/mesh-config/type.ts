import type { LocalityLbSetting, TcpPoolSettings } from '../destination-rule/type.ts'
import type { Labels } from '../shape/networking.ts'
import type { HttpRetry } from '../virtual-service/type.ts'
import type { MeshNetworksSpec } from './networks.ts'
import type { ExtensionProvider } from './provider.ts'
import type { MeshProxyConfig } from './proxy-config-type.ts'

/** Mesh-wide settings (`istio.mesh.v1alpha1.MeshConfig`): the fields that have an effect here. Durations in milliseconds. */
export interface MeshConfigSpec {
  readonly outboundTrafficPolicy: { readonly mode: 'REGISTRY_ONLY' | 'ALLOW_ANY' }
  /** `LOCALHOST`: inbound requests reach applications at 127.0.0.1, as before Istio 1.10. */
  readonly inboundTrafficPolicy: { readonly mode: 'PASSTHROUGH' | 'LOCALHOST' }
  /** `/dev/stdout`, a path, or empty for no access log. */
  readonly accessLogFile: string
  /** Envoy's format string or JSON object text; empty for the default of `accessLogEncoding`. */
  readonly accessLogFormat: string
  readonly accessLogEncoding: 'TEXT' | 'JSON'
  /** No access log of listeners that find no filter chain. */
  readonly disableEnvoyListenerLog: boolean
  /** Sidecars use mutual TLS wherever the destination has a sidecar. */
  readonly enableAutoMtls: boolean
  /** Port of the HTTP proxy listener of proxies without interception; 0 for none. */
  readonly proxyHttpPort: number
  readonly trustDomain: string
  /** Further trust domains whose identities count as those of `trustDomain`. */
  readonly trustDomainAliases: readonly string[]
  /** Namespace whose objects apply to the whole mesh. */
  readonly rootNamespace: string
  /** Gateways select pods of their own namespace only (Istio's PILOT_SCOPE_GATEWAY_TO_NAMESPACE). */
  readonly scopeGatewayToNamespace: boolean
  readonly connectTimeoutMs: number
  readonly tcpKeepalive?: NonNullable<TcpPoolSettings['tcpKeepalive']>
  readonly h2UpgradePolicy: 'DO_NOT_UPGRADE' | 'UPGRADE'
  /** What holds for load balancers that say nothing themselves. */
  readonly localityLbSetting: LocalityLbSetting
  /** How often names of clusters with DNS are resolved. */
  readonly dnsRefreshRateMs: number
  readonly pathNormalization: { readonly normalization: PathNormalization }
  /** Holds where a route says nothing of retries. Unset: Istio's two retries. */
  readonly defaultHttpRetryPolicy?: HttpRetry
  /** Visibility of objects without `exportTo`; empty means everybody. */
  readonly defaultServiceExportTo: readonly string[]
  readonly defaultVirtualServiceExportTo: readonly string[]
  readonly defaultDestinationRuleExportTo: readonly string[]
  /** Names of statistics, with `%SERVICE%` and the like; empty for the clusters' names. */
  readonly inboundClusterStatName: string
  readonly outboundClusterStatName: string
  readonly serviceSettings: readonly ServiceSettings[]
  /** Istio keeps it beside the settings, in a file of its own; here it is one of them as well. */
  readonly meshNetworks: MeshNetworksSpec
  /** Namespaces that the mesh looks at: those that match one of them; empty for all. */
  readonly discoverySelectors: readonly LabelSelector[]
  readonly ingressClass: string
  /** Service of the ingress gateway, whose address is published. */
  readonly ingressService: string
  /** Value of the label `istio` of the gateways that serve Ingress objects. */
  readonly ingressSelector: string
  readonly ingressControllerMode: 'UNSPECIFIED' | 'OFF' | 'DEFAULT' | 'STRICT'
  /** Least TLS version and suites between workloads. */
  readonly meshMTLS?: TlsDefaults
  /** Least TLS version and suites where nothing else is said. */
  readonly tlsDefaults?: TlsDefaults
  /** `host:port` of Mixer's Check; empty for no policy checks. */
  readonly mixerCheckServer: string
  /** `host:port` of Mixer's Report; empty for no telemetry by Mixer. */
  readonly mixerReportServer: string
  readonly disablePolicyChecks: boolean
  /** Requests are traced, by the provider of `defaultProviders.tracing`, else by the collector of `defaultConfig.tracing`. */
  readonly enableTracing: boolean
  readonly defaultConfig: MeshProxyConfig
  readonly extensionProviders: readonly ExtensionProvider[]
  /** Names of `extensionProviders`, used where no Telemetry object names any; of those that trace only the first. */
  readonly defaultProviders: DefaultProviders
}

export interface DefaultProviders {
  readonly tracing: readonly string[]
  readonly accessLogging: readonly string[]
  readonly metrics: readonly string[]
}

/** DEFAULT is BASE: dot segments (RFC 3986 section 6.2.2), needless percent-encoding and backslashes; each next one does more. */
export type PathNormalization = 'DEFAULT' | 'NONE' | 'BASE' | 'MERGE_SLASHES' | 'DECODE_AND_MERGE_SLASHES'

export interface ServiceSettings {
  /** `clusterLocal`: clients only see endpoints of their own cluster. */
  readonly settings: { readonly clusterLocal: boolean }
  readonly hosts: readonly string[]
}

/** Kubernetes' selector: all of `matchLabels` and all of `matchExpressions` must hold. */
export interface LabelSelector {
  readonly matchLabels: Labels
  readonly matchExpressions: readonly {
    readonly key: string
    readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'
    readonly values: readonly string[]
  }[]
}

export interface TlsDefaults {
  readonly minProtocolVersion: 'TLS_AUTO' | 'TLSV1_2' | 'TLSV1_3'
  readonly ecdhCurves: readonly string[]
  readonly cipherSuites: readonly string[]
}
