export * from './plugged-in-root.ts'
export * from './self-signed-root.ts'
export * from './signer.ts'
export * from './slots.ts'
