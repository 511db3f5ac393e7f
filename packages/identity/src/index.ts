export { CERTIFICATE_SECRET, type IdentityMaterial, ROOTS_SECRET } from './identity-secrets.ts'
export type { IdentityState } from './identity-state.ts'
export { createWorkloadIdentity, type WorkloadIdentity, type WorkloadIdentityOptions } from './workload-identity.ts'
