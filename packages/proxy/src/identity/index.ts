export * from './identity-flags.ts'
export * from './identity-stats.ts'
