export * from './adapter-connection.ts'
export * from './answers.ts'
export * from './circuit-breaker.ts'
export * from './handler-table.ts'
