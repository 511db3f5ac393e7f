import { TokenBucket, type TokenBucketConfig } from '../../net/token-bucket.ts'
import { CLOSE, type ListenerFilterBlueprint, NEXT } from '../listener-filter.ts'

export const LISTENER_RATE_LIMIT = 'envoy.filters.listener.local_ratelimit'

/** Connections beyond the bucket are closed before anything is read from them. */
export function listenerRateLimit(statPrefix: string, bucket: TokenBucketConfig, enabled: boolean): ListenerFilterBlueprint {
  return {
    name: LISTENER_RATE_LIMIT,
    compile: ({ clock, stats }) => {
      const labels = { envoy_listener_local_ratelimit_prefix: statPrefix }
      const limited = stats
        .scope(`listener_local_ratelimit.${statPrefix}.`, 'envoy_listener_local_ratelimit_', labels)
        .counter('rate_limited')
      const tokens = new TokenBucket(bucket, clock)
      return {
        inspect: () => {
          if (!enabled || tokens.take()) return NEXT
          stats.add(limited, 1)
          return CLOSE
        },
      }
    },
  }
}
