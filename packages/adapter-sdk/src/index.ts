export * from './adapter.ts'
export * from './instances.ts'
export { AdapterServer } from './serve/adapter-server.ts'
export { listenFailure } from './serve/listen-failure.ts'
