export * from './namespaced-name.ts'
export * from './port.ts'
export * from './socket-address.ts'
export * from './spiffe-id.ts'
