export * from './backoff.ts'
export * from './clock.ts'
export * from './timer-wheel.ts'
