export { istioStatsCodec } from './config.ts'
