import { defineKind, type KindDefinition } from '../definition.ts'
import { workloadGroupShape } from './schema.ts'
import { validateWorkloadGroup } from './validate.ts'

export const workloadGroup: KindDefinition = defineKind({
  kind: 'WorkloadGroup',
  apiVersions: ['networking.istio.io/v1', 'networking.istio.io/v1beta1', 'networking.istio.io/v1alpha3'],
  plural: 'workloadgroups',
  scope: 'Namespaced',
  body: 'spec',
  shortNames: ['wg'],
  shape: workloadGroupShape,
  validate: validateWorkloadGroup,
})
