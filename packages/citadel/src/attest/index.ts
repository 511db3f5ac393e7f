export * from './authenticator.ts'
export * from './authorize-names.ts'
export * from './bearer-token-authenticator.ts'
export * from './client-certificate-authenticator.ts'
