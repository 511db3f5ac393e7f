export * from './directory-secret-store.ts'
export type * from './secret-store.ts'
export * from './token-authenticator.ts'
