import { constrained, object, optional, orElse, type Shape } from '../shape/shape.ts'
import { count, flag, listField, oneOf, text } from '../shape/values.ts'
import type * as ap from './type.ts'

const jwt = object<ap.OldJwt>({
  issuer: orElse(text, ''),
  audiences: listField(text),
  jwksUri: orElse(text, ''),
  jwks: orElse(text, ''),
  jwtHeaders: listField(text),
  jwtParams: listField(text),
})

const mtls = object<NonNullable<ap.PeerMethod['mtls']>>({
  mode: orElse(oneOf('STRICT', 'PERMISSIVE'), 'STRICT'),
  allowTls: orElse(flag, false),
})

const port = object<ap.AuthenticationTarget['ports'][number]>(
  { number: optional(count), name: optional(text) },
  { atMostOne: [['number', 'name']] },
)

export const authenticationPolicyShape: Shape<ap.AuthenticationPolicySpec> = constrained(
  object<ap.AuthenticationPolicySpec>({
    targets: listField(object<ap.AuthenticationTarget>({ name: orElse(text, ''), ports: listField(port) })),
    peers: listField(object<ap.PeerMethod>({ mtls: optional(mtls), jwt: optional(jwt) }, { atMostOne: [['mtls', 'jwt']] })),
    peerIsOptional: orElse(flag, false),
    origins: listField(object<ap.OriginMethod>({ jwt: optional(jwt) })),
    originIsOptional: orElse(flag, false),
    principalBinding: orElse(oneOf('USE_PEER', 'USE_ORIGIN'), 'USE_PEER'),
  }),
  { description: 'Who must prove their identity, and how, in the manner of Istio 1.0' },
)
