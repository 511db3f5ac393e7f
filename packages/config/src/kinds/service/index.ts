import { defineKind, type KindDefinition } from '../definition.ts'
import { serviceShape } from './schema.ts'
import { validateService } from './validate.ts'

export const service: KindDefinition = defineKind({
  kind: 'Service',
  apiVersions: ['v1'],
  plural: 'services',
  scope: 'Namespaced',
  body: 'document',
  shape: serviceShape,
  validate: validateService,
})
