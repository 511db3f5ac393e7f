export type * from './report.ts'
export * from './run-once.ts'
export * from './start-demo.ts'
