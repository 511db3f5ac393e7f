import { constrained, from, object, orElse, type Shape } from '../shape/shape.ts'
import { duration, flag, oneOf, count, text } from '../shape/values.ts'
import { DEFAULT_MESH_CONFIG as defaults } from './defaults.ts'
import type { MeshConfigSpec } from './type.ts'

const outboundTrafficPolicy = object<MeshConfigSpec['outboundTrafficPolicy']>({
  mode: orElse(oneOf('REGISTRY_ONLY', 'ALLOW_ANY'), defaults.outboundTrafficPolicy.mode),
})

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
  }),
  { description: 'Settings of the whole mesh' },
)
