import { defineKind, noFurtherRules, type KindDefinition } from '../definition.ts'
import { serviceAccountShape } from './schema.ts'

export const serviceAccount: KindDefinition = defineKind({
  kind: 'ServiceAccount',
  apiVersions: ['v1'],
  plural: 'serviceaccounts',
  scope: 'Namespaced',
  body: 'document',
  shape: serviceAccountShape,
  validate: noFurtherRules,
})
