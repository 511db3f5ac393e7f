export * from './config.ts'
export * from './filter.ts'
