import { defineKind, type KindDefinition } from '../definition.ts'
import { warnPolicyTarget } from '../rules/policy-target.ts'
import { requestAuthenticationShape } from './schema.ts'
import { validateRequestAuthentication } from './validate.ts'

export const requestAuthentication: KindDefinition = defineKind({
  kind: 'RequestAuthentication',
  apiVersions: ['security.istio.io/v1', 'security.istio.io/v1beta1'],
  plural: 'requestauthentications',
  scope: 'Namespaced',
  body: 'spec',
  shortNames: ['ra'],
  shape: requestAuthenticationShape,
  validate: validateRequestAuthentication,
  warn: warnPolicyTarget,
})
