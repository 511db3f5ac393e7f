export { istioStatsCodec, istioTcpStatsCodec } from './config.ts'
