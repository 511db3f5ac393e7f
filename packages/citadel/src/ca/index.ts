export * from './self-signed-root.ts'
export * from './signer.ts'
export * from './slots.ts'
