import type { MeshConfigSpec } from './type.ts'

/** What holds where the document says nothing, and for a mesh without a MeshConfig: today's defaults of Istio. */
export const DEFAULT_MESH_CONFIG: MeshConfigSpec = Object.freeze({
  outboundTrafficPolicy: Object.freeze({ mode: 'ALLOW_ANY' }),
  accessLogFile: '',
  accessLogFormat: '',
  accessLogEncoding: 'TEXT',
  enableAutoMtls: true,
  localityLbSetting: Object.freeze({ distribute: Object.freeze([]), failover: Object.freeze([]), failoverPriority: Object.freeze([]) }),
  proxyHttpPort: 0,
  trustDomain: 'cluster.local',
  rootNamespace: 'istio-system',
  connectTimeoutMs: 10_000,
  mixerCheckServer: '',
  mixerReportServer: '',
  disablePolicyChecks: false,
  enableTracing: false,
  defaultConfig: Object.freeze({ tracing: Object.freeze({ zipkin: Object.freeze({ address: '' }), sampling: 1, maxPathTagLength: 0 }) }),
  extensionProviders: Object.freeze([]),
  defaultProviders: Object.freeze({ tracing: Object.freeze([]), accessLogging: Object.freeze([]), metrics: Object.freeze([]) }),
  trustDomainAliases: Object.freeze([]),
  pathNormalization: Object.freeze({ normalization: 'DEFAULT' }),
})
