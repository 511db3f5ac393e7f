import { LocalRateLimit } from '@meshwork/protos/envoy/extensions/filters/network/local_ratelimit/v3/local_rate_limit'
import { type FieldPolicy, refuseOtherFields } from '../../decode/field-policy.ts'
import { required } from '../../decode/scalars.ts'
import { decodeTokenBucket } from '../../decode/token-bucket.ts'
import type { NetworkFilterCodec } from '../codec.ts'
import { networkRateLimit } from './filter.ts'

const FIELDS: FieldPolicy<LocalRateLimit> = { read: ['statPrefix', 'tokenBucket', 'runtimeEnabled'], harmless: [] }

export const networkRateLimitCodec: NetworkFilterCodec = {
  typeUrl: 'type.googleapis.com/envoy.extensions.filters.network.local_ratelimit.v3.LocalRateLimit',
  decode: (bytes, report) => {
    const limit = LocalRateLimit.decode(bytes)
    refuseOtherFields(limit, FIELDS, report)
    const bucket = decodeTokenBucket(limit.tokenBucket, report.at('token_bucket'))
    return networkRateLimit(required(limit.statPrefix, report.at('stat_prefix')), bucket, limit.runtimeEnabled?.defaultValue ?? true)
  },
}
