import { defineKind, type KindDefinition } from '../definition.ts'
import { virtualServiceShape } from './schema.ts'
import { validateVirtualService } from './validate.ts'
import { warnVirtualService } from './warn.ts'

export const virtualService: KindDefinition = defineKind({
  kind: 'VirtualService',
  apiVersions: ['networking.istio.io/v1', 'networking.istio.io/v1beta1', 'networking.istio.io/v1alpha3'],
  plural: 'virtualservices',
  scope: 'Namespaced',
  body: 'spec',
  shortNames: ['vs'],
  columns: [
    { name: 'Gateways', path: '.spec.gateways', description: 'Gateways that carry the routes' },
    { name: 'Hosts', path: '.spec.hosts', description: 'Hosts whose requests are routed' },
  ],
  shape: virtualServiceShape,
  validate: validateVirtualService,
  warn: warnVirtualService,
})
