import { defineKind, type KindDefinition } from '../definition.ts'
import { endpointsShape } from './schema.ts'
import { validateEndpoints } from './validate.ts'

export const endpoints: KindDefinition = defineKind({
  kind: 'Endpoints',
  apiVersions: ['v1'],
  plural: 'endpoints',
  scope: 'Namespaced',
  body: 'document',
  shape: endpointsShape,
  validate: validateEndpoints,
})
