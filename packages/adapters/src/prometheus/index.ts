export { prometheusAdapter, readDefinitions } from './adapter.ts'
export { bucketBounds } from './buckets.ts'
export { MetricStore } from './metric-store.ts'
