export * from './network-filter.ts'
