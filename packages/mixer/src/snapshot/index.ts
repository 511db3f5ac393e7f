export * from './build-snapshot.ts'
export * from './default-attributes.ts'
export * from './resource-name.ts'
export * from './snapshot.ts'
