import { constrained, from, object, orElse, type Shape } from '../shape/shape.ts'
import { count, duration, flag, listField, number, oneOf, text } from '../shape/values.ts'
import { localityLbSetting } from '../destination-rule/schema.ts'
import { DEFAULT_MESH_CONFIG as defaults } from './defaults.ts'
import { extensionProvider } from './provider-schema.ts'
import type { DefaultProviders, MeshConfigSpec, MeshTracing, PathNormalization } from './type.ts'

const outboundTrafficPolicy = object<MeshConfigSpec['outboundTrafficPolicy']>({
  mode: orElse(oneOf('REGISTRY_ONLY', 'ALLOW_ANY'), defaults.outboundTrafficPolicy.mode),
})

const normalization = orElse(
  oneOf<PathNormalization>('DEFAULT', 'NONE', 'BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES'),
  defaults.pathNormalization.normalization,
)

const { tracing: noTracing } = defaults.defaultConfig
const tracing = object<MeshTracing>({
  zipkin: orElse(object<MeshTracing['zipkin']>({ address: orElse(text, '') }), noTracing.zipkin),
  sampling: orElse(number, noTracing.sampling),
  maxPathTagLength: orElse(count, noTracing.maxPathTagLength),
})
export const meshConfigShape: Shape<MeshConfigSpec> = constrained(
  object<MeshConfigSpec>({
    outboundTrafficPolicy: orElse(outboundTrafficPolicy, defaults.outboundTrafficPolicy),
    accessLogFile: orElse(text, defaults.accessLogFile),
    accessLogFormat: orElse(text, defaults.accessLogFormat),
    accessLogEncoding: orElse(oneOf('TEXT', 'JSON'), defaults.accessLogEncoding),
    localityLbSetting: orElse(localityLbSetting, defaults.localityLbSetting),
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
    defaultProviders: orElse(
      object<DefaultProviders>({ tracing: listField(text), accessLogging: listField(text), metrics: listField(text) }),
      defaults.defaultProviders,
    ),
    trustDomainAliases: listField(text),
    pathNormalization: orElse(object<MeshConfigSpec['pathNormalization']>({ normalization }), defaults.pathNormalization),
  }),
  { description: 'Settings of the whole mesh' },
)
