export * from './adapter.ts'
export * from './instances.ts'
export { AdapterServer } from './serve/adapter-server.ts'
