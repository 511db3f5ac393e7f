import { defineKind, noFurtherRules, type KindDefinition } from '../definition.ts'
import { secretShape } from './schema.ts'

export const secret: KindDefinition = defineKind({
  kind: 'Secret',
  apiVersions: ['v1'],
  plural: 'secrets',
  scope: 'Namespaced',
  body: 'document',
  shape: secretShape,
  validate: noFurtherRules,
})
