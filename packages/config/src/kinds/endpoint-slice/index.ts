import { defineKind, type KindDefinition } from '../definition.ts'
import { endpointSliceShape } from './schema.ts'
import { validateEndpointSlice } from './validate.ts'

export const endpointSlice: KindDefinition = defineKind({
  kind: 'EndpointSlice',
  apiVersions: ['discovery.k8s.io/v1', 'discovery.k8s.io/v1beta1'],
  plural: 'endpointslices',
  scope: 'Namespaced',
  body: 'document',
  shape: endpointSliceShape,
  validate: validateEndpointSlice,
})
