export * from './hooks.ts'
export * from './server.ts'
export * from './transport.ts'
export * from './peer.ts'
