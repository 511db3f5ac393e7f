export * from './data-plane.ts'
export * from './proxy-configuration.ts'
