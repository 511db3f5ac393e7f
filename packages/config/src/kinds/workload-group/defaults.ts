import type { WorkloadGroupSpec } from './type.ts'

/** Entries of a group that says nothing get no labels of their own. */
export const NO_METADATA: WorkloadGroupSpec['metadata'] = Object.freeze({ labels: Object.freeze({}), annotations: Object.freeze({}) })
