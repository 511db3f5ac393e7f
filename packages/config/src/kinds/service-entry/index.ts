import { defineKind, type KindDefinition } from '../definition.ts'
import { serviceEntryShape } from './schema.ts'
import { validateServiceEntry } from './validate.ts'

export const serviceEntry: KindDefinition = defineKind({
  kind: 'ServiceEntry',
  apiVersions: ['networking.istio.io/v1', 'networking.istio.io/v1beta1', 'networking.istio.io/v1alpha3'],
  plural: 'serviceentries',
  scope: 'Namespaced',
  body: 'spec',
  shape: serviceEntryShape,
  validate: validateServiceEntry,
})
