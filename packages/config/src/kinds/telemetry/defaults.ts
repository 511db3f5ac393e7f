import type { WorkloadMode } from './type.ts'

export const BOTH_ENDS: { readonly mode: WorkloadMode } = Object.freeze({ mode: 'CLIENT_AND_SERVER' })
