export * from './pod-settings.ts'
export type * from './proxy-config.ts'
