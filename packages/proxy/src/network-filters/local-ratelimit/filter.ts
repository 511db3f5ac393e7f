import { TokenBucket, type TokenBucketConfig } from '../../net/token-bucket.ts'
import { CLOSED, GO_ON, type NetworkFilterBlueprint } from '../network-filter.ts'

export const NETWORK_RATE_LIMIT = 'envoy.filters.network.local_ratelimit'

/** Connections beyond the bucket are closed at once. */
export function networkRateLimit(statPrefix: string, bucket: TokenBucketConfig, enabled: boolean): NetworkFilterBlueprint {
  return {
    kind: 'filter',
    name: NETWORK_RATE_LIMIT,
    compile: ({ clock, stats }) => {
      const labels = { envoy_local_network_ratelimit_prefix: statPrefix }
      const limited = stats.scope(`local_rate_limit.${statPrefix}.`, 'envoy_local_rate_limit_', labels).counter('rate_limited')
      const tokens = new TokenBucket(bucket, clock)
      return {
        onConnection: connection => {
          if (!enabled || tokens.take()) return GO_ON
          stats.add(limited, 1)
          connection.close('')
          return CLOSED
        },
      }
    },
  }
}
