export * from './backoff.ts'
export * from './clock.ts'
