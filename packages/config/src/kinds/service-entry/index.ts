import { defineKind, type KindDefinition } from '../definition.ts'
import { serviceEntryShape } from './schema.ts'
import { validateServiceEntry } from './validate.ts'

export const serviceEntry: KindDefinition = defineKind({
  kind: 'ServiceEntry',
  apiVersions: ['networking.istio.io/v1', 'networking.istio.io/v1beta1', 'networking.istio.io/v1alpha3'],
  plural: 'serviceentries',
  scope: 'Namespaced',
  body: 'spec',
  shortNames: ['se'],
  columns: [
    { name: 'Hosts', path: '.spec.hosts', description: 'Hosts of the service' },
    { name: 'Location', path: '.spec.location', description: 'Inside or outside of the mesh' },
    { name: 'Resolution', path: '.spec.resolution', description: 'How its addresses are found' },
  ],
  shape: serviceEntryShape,
  validate: validateServiceEntry,
})
