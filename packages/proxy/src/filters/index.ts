export * from './filter.ts'
export * from './router/filter.ts'
