import { defineKind, type KindDefinition } from '../definition.ts'
import { gatewayShape } from './schema.ts'
import { validateGateway } from './validate.ts'

export const gateway: KindDefinition = defineKind({
  kind: 'Gateway',
  apiVersions: ['networking.istio.io/v1', 'networking.istio.io/v1beta1', 'networking.istio.io/v1alpha3'],
  plural: 'gateways',
  scope: 'Namespaced',
  body: 'spec',
  shortNames: ['gw'],
  columns: [{ name: 'Selector', path: '.spec.selector', description: 'Labels of the pods that serve it' }],
  shape: gatewayShape,
  validate: validateGateway,
})
