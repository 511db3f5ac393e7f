export * from './application-watch.ts'
export * from './pod-settings.ts'
export * from './termination.ts'
export type * from './proxy-config.ts'
