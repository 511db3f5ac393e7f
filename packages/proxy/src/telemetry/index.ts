export * from './access-log.ts'
export * from './formatter.ts'
export * from './log-sinks.ts'
export * from './stream-info.ts'
