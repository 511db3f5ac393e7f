export * from './cache.ts'
export * from './linear-cache.ts'
export * from './mux-cache.ts'
export * from './snapshot-cache.ts'
