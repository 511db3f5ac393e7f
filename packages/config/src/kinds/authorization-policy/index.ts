import { defineKind, type KindDefinition } from '../definition.ts'
import { warnPolicyTarget } from '../rules/policy-target.ts'
import { authorizationPolicyShape } from './schema.ts'
import { validateAuthorizationPolicy } from './validate.ts'

export const authorizationPolicy: KindDefinition = defineKind({
  kind: 'AuthorizationPolicy',
  apiVersions: ['security.istio.io/v1', 'security.istio.io/v1beta1'],
  plural: 'authorizationpolicies',
  scope: 'Namespaced',
  body: 'spec',
  shortNames: ['ap'],
  columns: [{ name: 'Action', path: '.spec.action', description: 'What becomes of a request that matches' }],
  shape: authorizationPolicyShape,
  validate: validateAuthorizationPolicy,
  warn: warnPolicyTarget,
})
