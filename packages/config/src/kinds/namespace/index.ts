import { defineKind, noFurtherRules, type KindDefinition } from '../definition.ts'
import { namespaceShape } from './schema.ts'

export const namespace: KindDefinition = defineKind({
  kind: 'Namespace',
  apiVersions: ['v1'],
  plural: 'namespaces',
  scope: 'Cluster',
  body: 'spec',
  shape: namespaceShape,
  validate: noFurtherRules,
})
