export * from './consul-source.ts'
