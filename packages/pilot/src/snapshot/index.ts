export * from './mesh-snapshot.ts'
export * from './snapshot-store.ts'
