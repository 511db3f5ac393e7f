export * from './config-dump.ts'
export * from './pilot.ts'
export * from './sync-status.ts'
