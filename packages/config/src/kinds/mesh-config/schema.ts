import { constrained, from, object, optional, orElse, type Shape } from '../shape/shape.ts'
import { count, duration, flag, listField, nonEmptyText, number, oneOf, text } from '../shape/values.ts'
import { DEFAULT_MESH_CONFIG as defaults } from './defaults.ts'
import type { ExtensionProvider, MeshConfigSpec, MeshTracing, OpenTelemetryProvider, ZipkinProvider } from './type.ts'

const outboundTrafficPolicy = object<MeshConfigSpec['outboundTrafficPolicy']>({
  mode: orElse(oneOf('REGISTRY_ONLY', 'ALLOW_ANY'), defaults.outboundTrafficPolicy.mode),
})

const { tracing: noTracing } = defaults.defaultConfig
const tracing = object<MeshTracing>({
  zipkin: orElse(object<MeshTracing['zipkin']>({ address: orElse(text, '') }), noTracing.zipkin),
  sampling: orElse(number, noTracing.sampling),
  maxPathTagLength: orElse(count, noTracing.maxPathTagLength),
})
const zipkin = object<ZipkinProvider>({
  service: orElse(text, ''),
  port: orElse(count, 0),
  maxTagLength: orElse(count, 0),
  enable64bitTraceId: orElse(flag, false),
  path: orElse(text, ''),
})
const opentelemetry = object<OpenTelemetryProvider>({
  service: orElse(text, ''),
  port: orElse(count, 0),
  maxTagLength: orElse(count, 0),
  http: optional(object<{ readonly path: string }>({ path: orElse(text, '') })),
})
const extensionProvider = object<ExtensionProvider>(
  { name: orElse(nonEmptyText, ''), zipkin: optional(zipkin), opentelemetry: optional(opentelemetry) },
  { atMostOne: [['zipkin', 'opentelemetry']] },
)

export const meshConfigShape: Shape<MeshConfigSpec> = constrained(
  object<MeshConfigSpec>({
    outboundTrafficPolicy: orElse(outboundTrafficPolicy, defaults.outboundTrafficPolicy),
    accessLogFile: orElse(text, defaults.accessLogFile),
    accessLogFormat: orElse(text, defaults.accessLogFormat),
    accessLogEncoding: orElse(oneOf('TEXT', 'JSON'), defaults.accessLogEncoding),
    enableAutoMtls: orElse(flag, defaults.enableAutoMtls),
    proxyHttpPort: orElse(count, defaults.proxyHttpPort),
    trustDomain: orElse(text, defaults.trustDomain),
    rootNamespace: orElse(text, defaults.rootNamespace),
    connectTimeoutMs: from('connectTimeout', orElse(duration, defaults.connectTimeoutMs)),
    mixerCheckServer: orElse(text, defaults.mixerCheckServer),
    mixerReportServer: orElse(text, defaults.mixerReportServer),
    disablePolicyChecks: orElse(flag, defaults.disablePolicyChecks),
    enableTracing: orElse(flag, defaults.enableTracing),
    defaultConfig: orElse(object<MeshConfigSpec['defaultConfig']>({ tracing: orElse(tracing, noTracing) }), defaults.defaultConfig),
    extensionProviders: listField(extensionProvider),
    defaultProviders: orElse(object<MeshConfigSpec['defaultProviders']>({ tracing: listField(text) }), defaults.defaultProviders),
  }),
  { description: 'Settings of the whole mesh' },
)
