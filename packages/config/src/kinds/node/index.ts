import { defineKind, noFurtherRules, type KindDefinition } from '../definition.ts'
import { nodeShape } from './schema.ts'

export const node: KindDefinition = defineKind({
  kind: 'Node',
  apiVersions: ['v1'],
  plural: 'nodes',
  scope: 'Cluster',
  body: 'document',
  shape: nodeShape,
  validate: noFurtherRules,
})
