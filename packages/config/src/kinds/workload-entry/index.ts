import { defineKind, type KindDefinition } from '../definition.ts'
import { workloadEntryShape } from './schema.ts'
import { validateWorkloadEntry } from './validate.ts'

export const workloadEntry: KindDefinition = defineKind({
  kind: 'WorkloadEntry',
  apiVersions: ['networking.istio.io/v1', 'networking.istio.io/v1beta1', 'networking.istio.io/v1alpha3'],
  plural: 'workloadentries',
  scope: 'Namespaced',
  // The status says whether the workload is healthy.
  body: 'document',
  shortNames: ['we'],
  columns: [{ name: 'Address', path: '.spec.address', description: 'Where the workload is' }],
  shape: workloadEntryShape,
  validate: validateWorkloadEntry,
})
