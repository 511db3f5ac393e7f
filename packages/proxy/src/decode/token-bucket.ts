import type { TokenBucket } from '@meshwork/protos/envoy/type/v3/token_bucket'
import type { TokenBucketConfig } from '../net/token-bucket.ts'
import type { Report } from './report.ts'
import { durationMs } from './scalars.ts'

/** Shortest interval that Envoy accepts for local rate limits. */
const MIN_INTERVAL_MS = 50

/** `envoy.type.v3.TokenBucket`, as local rate limits have it. */
export function decodeTokenBucket(bucket: TokenBucket | undefined, report: Report): TokenBucketConfig {
  if (bucket === undefined) {
    report.refuse('required', 'must be set')
    return { maxTokens: 1, tokensPerFill: 1, fillIntervalMs: MIN_INTERVAL_MS }
  }
  if (bucket.maxTokens < 1) report.at('max_tokens').refuse('out-of-range', 'must be at least 1')
  if (bucket.tokensPerFill === 0) report.at('tokens_per_fill').refuse('out-of-range', 'must be at least 1')
  const fillIntervalMs = durationMs(bucket.fillInterval, 0, report.at('fill_interval'))
  if (fillIntervalMs < MIN_INTERVAL_MS) report.at('fill_interval').refuse('out-of-range', 'must be at least 50 ms')
  return { maxTokens: bucket.maxTokens, tokensPerFill: bucket.tokensPerFill ?? 1, fillIntervalMs }
}
