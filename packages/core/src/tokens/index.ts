export * from './jwks-file-authenticator.ts'
