import { defineKind, type KindDefinition } from '../definition.ts'
import { destinationRuleShape } from './schema.ts'
import { validateDestinationRule, warnOfDestinationRule } from './validate.ts'

export const destinationRule: KindDefinition = defineKind({
  kind: 'DestinationRule',
  apiVersions: ['networking.istio.io/v1', 'networking.istio.io/v1beta1', 'networking.istio.io/v1alpha3'],
  plural: 'destinationrules',
  scope: 'Namespaced',
  body: 'spec',
  shortNames: ['dr'],
  columns: [{ name: 'Host', path: '.spec.host', description: 'The service that it is about' }],
  shape: destinationRuleShape,
  validate: validateDestinationRule,
  warn: warnOfDestinationRule,
})
