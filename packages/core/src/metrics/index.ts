export * from './prometheus-text.ts'
export * from './stats-registry.ts'
