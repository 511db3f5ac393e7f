import { DEFAULT_PROXY_CONFIG } from './proxy-config-defaults.ts'
import type { MeshConfigSpec } from './type.ts'

const NONE: readonly string[] = Object.freeze([])

/** What holds where the document says nothing, and for a mesh without a MeshConfig: today's defaults of Istio. */
export const DEFAULT_MESH_CONFIG: MeshConfigSpec = Object.freeze({
  outboundTrafficPolicy: Object.freeze({ mode: 'ALLOW_ANY' }),
  inboundTrafficPolicy: Object.freeze({ mode: 'PASSTHROUGH' }),
  accessLogFile: '',
  accessLogFormat: '',
  accessLogEncoding: 'TEXT',
  disableEnvoyListenerLog: false,
  enableAutoMtls: true,
  localityLbSetting: Object.freeze({ distribute: Object.freeze([]), failover: Object.freeze([]), failoverPriority: Object.freeze([]) }),
  proxyHttpPort: 0,
  trustDomain: 'cluster.local',
  trustDomainAliases: NONE,
  rootNamespace: 'istio-system',
  scopeGatewayToNamespace: false,
  connectTimeoutMs: 10_000,
  h2UpgradePolicy: 'DO_NOT_UPGRADE',
  dnsRefreshRateMs: 60_000,
  pathNormalization: Object.freeze({ normalization: 'DEFAULT' }),
  defaultServiceExportTo: NONE,
  defaultVirtualServiceExportTo: NONE,
  defaultDestinationRuleExportTo: NONE,
  inboundClusterStatName: '',
  outboundClusterStatName: '',
  serviceSettings: Object.freeze([]),
  meshNetworks: Object.freeze({ networks: Object.freeze({}) }),
  discoverySelectors: Object.freeze([]),
  ingressClass: 'istio',
  ingressService: 'istio-ingressgateway',
  ingressSelector: 'ingressgateway',
  ingressControllerMode: 'STRICT',
  mixerCheckServer: '',
  mixerReportServer: '',
  disablePolicyChecks: false,
  enableTracing: false,
  defaultConfig: DEFAULT_PROXY_CONFIG,
  extensionProviders: Object.freeze([]),
  defaultProviders: Object.freeze({ tracing: NONE, metrics: NONE, accessLogging: NONE }),
})
