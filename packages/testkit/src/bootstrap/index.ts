export { ProxyAdmin } from './proxy-admin.ts'
export { ProxyPair, type PairedService } from './proxy-pair.ts'
export * from './resources.ts'
export { type ProxyPlace, StaticProxy } from './static-proxy.ts'
