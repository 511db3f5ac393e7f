import { defineKind, noFurtherRules, type KindDefinition } from '../definition.ts'
import { ingressClassShape } from './schema.ts'

export const ingressClass: KindDefinition = defineKind({
  kind: 'IngressClass',
  apiVersions: ['networking.k8s.io/v1', 'networking.k8s.io/v1beta1'],
  plural: 'ingressclasses',
  scope: 'Cluster',
  body: 'spec',
  shape: ingressClassShape,
  validate: noFurtherRules,
})
