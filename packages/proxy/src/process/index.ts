export * from './build-proxy.ts'
export { StallReporter } from './stall-reporter.ts'
