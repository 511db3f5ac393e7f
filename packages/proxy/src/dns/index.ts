export * from './dns-flags.ts'
export * from './dns-proxy.ts'
