export * from './filter-codec.ts'
export * from './resource-types.ts'
