export * from './filter-codec.ts'
export * from './resource-types.ts'
export * from './secret.ts'
export * from './file-secret-name.ts'
