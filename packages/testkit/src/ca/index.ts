export * from './test-ca.ts'
export * from './test-token-issuer.ts'
