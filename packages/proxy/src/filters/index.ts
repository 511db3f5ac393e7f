export * from './filter.ts'
export * from './router/router.ts'
