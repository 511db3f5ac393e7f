import { localityLbSetting, tcpKeepalive } from '../destination-rule/schema.ts'
import { constrained, from, object, optional, orElse, type Shape, unused } from '../shape/shape.ts'
import { count, duration, flag, labels, listField, oneOf, text } from '../shape/values.ts'
import { retries } from '../virtual-service/schema.ts'
import { DEFAULT_MESH_CONFIG as defaults } from './defaults.ts'
import { ignoredFields } from './ignored-fields.ts'
import { meshNetworks } from './networks.ts'
import { extensionProvider } from './provider-schema.ts'
import { meshProxyConfig } from './proxy-config-schema.ts'
import type { LabelSelector, MeshConfigSpec, ServiceSettings, TlsDefaults } from './type.ts'

const outboundTrafficPolicy = object<MeshConfigSpec['outboundTrafficPolicy']>({
  mode: orElse(oneOf('REGISTRY_ONLY', 'ALLOW_ANY'), defaults.outboundTrafficPolicy.mode),
})
const inboundTrafficPolicy = object<MeshConfigSpec['inboundTrafficPolicy']>({
  mode: orElse(oneOf('PASSTHROUGH', 'LOCALHOST'), defaults.inboundTrafficPolicy.mode),
})
const pathNormalization = object<MeshConfigSpec['pathNormalization']>({
  normalization: orElse(oneOf('DEFAULT', 'NONE', 'BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES'), 'DEFAULT'),
})
const clusterLocal = object<ServiceSettings['settings']>({ clusterLocal: orElse(flag, false) })
const serviceSettings = object<ServiceSettings>({
  settings: orElse(clusterLocal, Object.freeze({ clusterLocal: false })),
  hosts: listField(text),
})
const expression = object<LabelSelector['matchExpressions'][number]>({
  key: orElse(text, ''),
  operator: orElse(oneOf('In', 'NotIn', 'Exists', 'DoesNotExist'), 'In'),
  values: listField(text),
})
const labelSelector = object<LabelSelector>({ matchLabels: labels, matchExpressions: listField(expression) })
const tlsDefaults = object<TlsDefaults>({
  minProtocolVersion: orElse(oneOf('TLS_AUTO', 'TLSV1_2', 'TLSV1_3'), 'TLS_AUTO'),
  ecdhCurves: listField(text),
  cipherSuites: listField(text),
})
const defaultProviders = object<MeshConfigSpec['defaultProviders']>({
  tracing: listField(text),
  metrics: listField(text),
  accessLogging: listField(text),
})

const ONE_LOG = 'listeners log only what their chains log'
const OWN_NAMES = 'statistics have the names of clusters'
const ALL_NAMESPACES = 'all namespaces are looked at'
const TLS = 'proxies take TLS 1.2 and 1.3, with their own suites'

export const meshConfigShape: Shape<MeshConfigSpec> = constrained(
  object<MeshConfigSpec>(
    {
      outboundTrafficPolicy: orElse(outboundTrafficPolicy, defaults.outboundTrafficPolicy),
      inboundTrafficPolicy: orElse(inboundTrafficPolicy, defaults.inboundTrafficPolicy),
      accessLogFile: orElse(text, defaults.accessLogFile),
      accessLogFormat: orElse(text, defaults.accessLogFormat),
      accessLogEncoding: orElse(oneOf('TEXT', 'JSON'), defaults.accessLogEncoding),
      disableEnvoyListenerLog: unused(orElse(flag, defaults.disableEnvoyListenerLog), ONE_LOG),
      enableAutoMtls: orElse(flag, defaults.enableAutoMtls),
      proxyHttpPort: orElse(count, defaults.proxyHttpPort),
      trustDomain: orElse(text, defaults.trustDomain),
      trustDomainAliases: listField(text),
      rootNamespace: orElse(text, defaults.rootNamespace),
      scopeGatewayToNamespace: orElse(flag, defaults.scopeGatewayToNamespace),
      connectTimeoutMs: from('connectTimeout', orElse(duration, defaults.connectTimeoutMs)),
      tcpKeepalive: optional(tcpKeepalive),
      h2UpgradePolicy: orElse(oneOf('DO_NOT_UPGRADE', 'UPGRADE'), defaults.h2UpgradePolicy),
      localityLbSetting: orElse(localityLbSetting, defaults.localityLbSetting),
      dnsRefreshRateMs: from('dnsRefreshRate', orElse(duration, defaults.dnsRefreshRateMs)),
      pathNormalization: orElse(pathNormalization, defaults.pathNormalization),
      defaultHttpRetryPolicy: optional(retries),
      defaultServiceExportTo: listField(text),
      defaultVirtualServiceExportTo: listField(text),
      defaultDestinationRuleExportTo: listField(text),
      inboundClusterStatName: unused(orElse(text, defaults.inboundClusterStatName), OWN_NAMES),
      outboundClusterStatName: unused(orElse(text, defaults.outboundClusterStatName), OWN_NAMES),
      serviceSettings: listField(serviceSettings),
      meshNetworks: orElse(meshNetworks, defaults.meshNetworks),
      discoverySelectors: unused(listField(labelSelector), ALL_NAMESPACES),
      ingressClass: orElse(text, defaults.ingressClass),
      ingressService: orElse(text, defaults.ingressService),
      ingressSelector: orElse(text, defaults.ingressSelector),
      ingressControllerMode: orElse(oneOf('UNSPECIFIED', 'OFF', 'DEFAULT', 'STRICT'), defaults.ingressControllerMode),
      meshMTLS: unused(optional(tlsDefaults), TLS),
      tlsDefaults: unused(optional(tlsDefaults), TLS),
      mixerCheckServer: orElse(text, defaults.mixerCheckServer),
      mixerReportServer: orElse(text, defaults.mixerReportServer),
      disablePolicyChecks: orElse(flag, defaults.disablePolicyChecks),
      enableTracing: orElse(flag, defaults.enableTracing),
      defaultConfig: orElse(meshProxyConfig, defaults.defaultConfig),
      extensionProviders: listField(extensionProvider),
      defaultProviders: orElse(defaultProviders, defaults.defaultProviders),
    },
    { ignored: ignoredFields },
  ),
  { description: 'Settings of the whole mesh' },
)
