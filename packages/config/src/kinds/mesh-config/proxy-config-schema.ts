import { ignored, object, optional, orElse, type Shape, unused } from '../shape/shape.ts'
import { anyObject, count, duration, flag, list, mapField, number, numbered, oneOf, text } from '../shape/values.ts'
import { DEFAULT_PROXY_CONFIG as defaults } from './proxy-config-defaults.ts'
import type * as mc from './proxy-config-type.ts'

const forwardClientCertDetails = oneOf<mc.ForwardClientCertDetails>(
  'UNDEFINED',
  'SANITIZE',
  'FORWARD_ONLY',
  'APPEND_FORWARD',
  'SANITIZE_SET',
  'ALWAYS_FORWARD_ONLY',
)

const namedTag = object<NonNullable<mc.MeshCustomTag['header']>>({ name: orElse(text, ''), defaultValue: orElse(text, '') })

const customTag = object<mc.MeshCustomTag>(
  {
    literal: optional(object<NonNullable<mc.MeshCustomTag['literal']>>({ value: orElse(text, '') })),
    environment: optional(namedTag),
    header: optional(namedTag),
  },
  { atMostOne: [['literal', 'environment', 'header']] },
)

const otherTracers = {
  lightstep: anyObject,
  datadog: anyObject,
  stackdriver: anyObject,
  openCensusAgent: anyObject,
  tlsSettings: anyObject,
}

const tracing = object<mc.MeshTracing>(
  {
    zipkin: orElse(object<mc.MeshTracing['zipkin']>({ address: orElse(text, '') }), defaults.tracing.zipkin),
    sampling: orElse(number, defaults.tracing.sampling),
    maxPathTagLength: orElse(count, defaults.tracing.maxPathTagLength),
    customTags: mapField(customTag),
    enableIstioTags: orElse(flag, defaults.tracing.enableIstioTags),
  },
  { ignored: ignored('spans go to Zipkin or OpenTelemetry only', otherTracers) },
)

const gatewayTopology = object<mc.GatewayTopology>({
  numTrustedProxies: orElse(count, defaults.gatewayTopology.numTrustedProxies),
  forwardClientCertDetails: orElse(forwardClientCertDetails, defaults.gatewayTopology.forwardClientCertDetails),
  proxyProtocol: optional(object<Readonly<Record<string, never>>>({})),
})

const disableable = object<mc.Disableable>({ disabled: optional(flag) })

const proxyHeaders = object<mc.ProxyHeaders>(
  {
    forwardedClientCert: orElse(forwardClientCertDetails, 'UNDEFINED'),
    requestId: optional(disableable),
    server: optional(object<NonNullable<mc.ProxyHeaders['server']>>({ disabled: optional(flag), value: optional(text) })),
    attemptCount: optional(disableable),
    envoyDebugHeaders: optional(disableable),
    preserveHttp1HeaderCase: optional(flag),
  },
  {
    ignored: ignored('proxies send these headers as Istio does by default', {
      setCurrentClientCertDetails: anyObject,
      metadataExchangeHeaders: anyObject,
      xForwardedHost: anyObject,
      xForwardedPort: anyObject,
    }),
  },
)

/** Of the pod's agent, which reads its own flags, not MeshConfig. */
const ofTheAgent = ignored('a proxy gets this from its own command line', {
  configPath: text,
  binaryPath: text,
  serviceCluster: text,
  tracingServiceName: oneOf('APP_LABEL_AND_NAMESPACE', 'CANONICAL_NAME_ONLY', 'CANONICAL_NAME_AND_NAMESPACE'),
  drainDuration: duration,
  parentShutdownDuration: duration,
  terminationDrainDuration: duration,
  discoveryAddress: text,
  discoveryRefreshDelay: duration,
  proxyAdminPort: count,
  availabilityZone: text,
  controlPlaneAuthPolicy: numbered({ NONE: 0, MUTUAL_TLS: 1, INHERIT: 1000 }),
  customConfigFile: text,
  proxyBootstrapTemplatePath: text,
  statNameLength: count,
  connectTimeout: duration,
  interceptionMode: oneOf('REDIRECT', 'TPROXY', 'NONE'),
  statusPort: count,
  meshId: text,
  readinessProbe: anyObject,
  holdApplicationUntilProxyStarts: flag,
  caCertificatesPem: list(text),
  image: anyObject,
  privateKeyProvider: anyObject,
  sds: anyObject,
  runtimeValues: anyObject,
})

const ofStatistics = ignored('proxies are read by Prometheus, with all their statistics', {
  statsdUdpAddress: text,
  envoyMetricsServiceAddress: text,
  envoyMetricsService: anyObject,
  envoyAccessLogService: anyObject,
  extraStatTags: list(text),
  proxyStatsMatcher: anyObject,
  fileFlushInterval: duration,
  fileFlushMinSizeKb: count,
  statsEvictionInterval: duration,
})

const oldTracing = { zipkinAddress: { ...text.schema, 'x-meshwork-deprecated': "has no effect; write 'tracing.zipkin.address'" } }

export const meshProxyConfig: Shape<mc.MeshProxyConfig> = object<mc.MeshProxyConfig>(
  {
    tracing: orElse(tracing, defaults.tracing),
    concurrency: unused(optional(count), 'a proxy gets this from its own command line'),
    gatewayTopology: orElse(gatewayTopology, defaults.gatewayTopology),
    proxyHeaders: unused(optional(proxyHeaders), 'proxies send these headers as Istio does by default'),
    proxyMetadata: unused(mapField(text), 'a proxy gets this from its own command line'),
  },
  { ignored: { ...ofTheAgent, ...ofStatistics, ...oldTracing } },
)
