export * from './address.ts'
export * from './connect.ts'
export * from './discovery-listener.ts'
export * from './serve.ts'
