export * from './mesh-error.ts'
export * from './result.ts'
export * from './violation.ts'
