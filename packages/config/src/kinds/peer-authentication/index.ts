import { defineKind, type KindDefinition } from '../definition.ts'
import { peerAuthenticationShape } from './schema.ts'
import { validatePeerAuthentication } from './validate.ts'

export const peerAuthentication: KindDefinition = defineKind({
  kind: 'PeerAuthentication',
  apiVersions: ['security.istio.io/v1', 'security.istio.io/v1beta1'],
  plural: 'peerauthentications',
  scope: 'Namespaced',
  body: 'spec',
  shortNames: ['pa'],
  columns: [{ name: 'Mode', path: '.spec.mtls.mode', description: 'Whether plain text is taken' }],
  shape: peerAuthenticationShape,
  validate: validatePeerAuthentication,
})
