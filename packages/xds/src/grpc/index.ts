export * from './address.ts'
export * from './serve.ts'
