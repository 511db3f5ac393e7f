export * from './process.ts'
export * from './runner.ts'
