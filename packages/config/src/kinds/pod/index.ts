import { defineKind, type KindDefinition } from '../definition.ts'
import { podShape } from './schema.ts'
import { validatePod } from './validate.ts'

export const pod: KindDefinition = defineKind({
  kind: 'Pod',
  apiVersions: ['v1'],
  plural: 'pods',
  scope: 'Namespaced',
  body: 'document',
  shape: podShape,
  validate: validatePod,
})
