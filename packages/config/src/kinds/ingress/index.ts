import { defineKind, type KindDefinition } from '../definition.ts'
import { ingressShape } from './schema.ts'
import { validateIngress } from './validate.ts'

export const ingress: KindDefinition = defineKind({
  kind: 'Ingress',
  apiVersions: ['networking.k8s.io/v1', 'networking.k8s.io/v1beta1', 'extensions/v1beta1'],
  plural: 'ingresses',
  scope: 'Namespaced',
  body: 'spec',
  shape: ingressShape,
  validate: validateIngress,
})
