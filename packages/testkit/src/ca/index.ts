export * from './citadel-calls.ts'
export * from './citadel-process.ts'
export * from './test-ca.ts'
export * from './test-token-issuer.ts'
