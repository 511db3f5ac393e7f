export * from './build-proxy.ts'
