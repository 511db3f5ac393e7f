import { constrained, object, optional, orElse, type Shape } from '../shape/shape.ts'
import { labels, mapField, oneOf } from '../shape/values.ts'
import { INHERITED_MODE } from './defaults.ts'
import type { MutualTlsMode, PeerAuthenticationSpec } from './type.ts'

const mtls = object<PeerAuthenticationSpec['mtls']>({
  mode: orElse(oneOf<MutualTlsMode>('UNSET', 'DISABLE', 'PERMISSIVE', 'STRICT'), 'UNSET'),
})

export const peerAuthenticationShape: Shape<PeerAuthenticationSpec> = constrained(
  object<PeerAuthenticationSpec>({
    selector: optional(object<NonNullable<PeerAuthenticationSpec['selector']>>({ matchLabels: labels })),
    mtls: orElse(mtls, INHERITED_MODE),
    portLevelMtls: mapField(mtls),
  }),
  { description: 'Whether workloads accept plain text, mutual TLS or both' },
)
