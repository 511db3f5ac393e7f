export * from './identity-flags.ts'
export * from './identity-secrets.ts'
export type * from './identity-state.ts'
export * from './workload-identity.ts'
