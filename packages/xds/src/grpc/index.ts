export * from './address.ts'
export * from './connect.ts'
export * from './serve.ts'
