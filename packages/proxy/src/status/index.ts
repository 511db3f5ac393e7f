export * from './merged-metrics.ts'
export * from './status-endpoints.ts'
export * from './status-flags.ts'
export { scrapePage } from './scrape.ts'
