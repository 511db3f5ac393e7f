import { LocalRateLimit } from '@meshwork/protos/envoy/extensions/filters/listener/local_ratelimit/v3/local_ratelimit'
import { type FieldPolicy, refuseOtherFields } from '../../decode/field-policy.ts'
import { required } from '../../decode/scalars.ts'
import { decodeTokenBucket } from '../../decode/token-bucket.ts'
import type { ListenerFilterCodec } from '../codec.ts'
import { listenerRateLimit } from './filter.ts'

const FIELDS: FieldPolicy<LocalRateLimit> = { read: ['statPrefix', 'tokenBucket', 'runtimeEnabled'], harmless: [] }

export const listenerRateLimitCodec: ListenerFilterCodec = {
  typeUrl: 'type.googleapis.com/envoy.extensions.filters.listener.local_ratelimit.v3.LocalRateLimit',
  decode: (bytes, report) => {
    const limit = LocalRateLimit.decode(bytes)
    refuseOtherFields(limit, FIELDS, report)
    const bucket = decodeTokenBucket(limit.tokenBucket, report.at('token_bucket'))
    return listenerRateLimit(required(limit.statPrefix, report.at('stat_prefix')), bucket, limit.runtimeEnabled?.defaultValue ?? true)
  },
}
