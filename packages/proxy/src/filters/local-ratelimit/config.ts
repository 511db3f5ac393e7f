import type { HeaderValueOption } from '@meshwork/protos/envoy/config/core/v3/base'
import { type LocalRateLimitDescriptor, XRateLimitHeadersRFCVersion } from '@meshwork/protos/envoy/extensions/common/ratelimit/v3/ratelimit'
import { LocalRateLimit } from '@meshwork/protos/envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit'
import { codecFor, runtimeShare } from '../../decode/define-codec.ts'
import type { FieldPolicy } from '../../decode/field-policy.ts'
import type { HttpFilterCodec } from '../../decode/filter-codec.ts'
import { decodeAddition } from '../../decode/header-mutations.ts'
import type { Report } from '../../decode/report.ts'
import { durationMs, required } from '../../decode/scalars.ts'
import { compileEdits, type HeaderEdits } from '../../route/header-mutations.ts'
import type { DescriptorLimit } from './descriptor-buckets.ts'
import { localRateLimitBlueprint, RateLimitSettings } from './filter.ts'
import type { BucketConfig } from './token-bucket.ts'

const TYPE = 'type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit'

const FIELDS: FieldPolicy<LocalRateLimit> = {
  read: [
    'statPrefix',
    'status',
    'tokenBucket',
    'filterEnabled',
    'filterEnforced',
    'requestHeadersToAddWhenNotEnforced',
    'responseHeadersToAdd',
    'localRateLimitPerDownstreamConnection',
    'enableXRatelimitHeaders',
    'rateLimitedAsResourceExhausted',
    'descriptors',
    'stage',
    'alwaysConsumeDefaultTokenBucket',
  ],
  harmless: [],
}

export const localRateLimitCodec: HttpFilterCodec = {
  typeUrl: TYPE,
  decode: codecFor(LocalRateLimit, FIELDS, (message, report) => localRateLimitBlueprint(readLimit(message, report))),
  perRoute: { typeUrl: TYPE, decode: codecFor(LocalRateLimit, FIELDS, readLimit) },
}

function readLimit(limit: LocalRateLimit, report: Report): RateLimitSettings {
  const code = limit.status?.code ?? 0
  return new RateLimitSettings({
    statPrefix: required(limit.statPrefix, report.at('stat_prefix')),
    // Only failures make sense; others mean the default (LocalRateLimit.status).
    status: code >= 400 ? code : 429,
    bucket: limit.tokenBucket === undefined ? null : readBucket(limit.tokenBucket, report.at('token_bucket')),
    enabledPpm: runtimeShare(limit.filterEnabled, 0),
    enforcedPpm: runtimeShare(limit.filterEnforced, 0),
    requestEdits: readEdits('request', limit.requestHeadersToAddWhenNotEnforced, report.at('request_headers_to_add_when_not_enforced')),
    responseEdits: readEdits('response', limit.responseHeadersToAdd, report.at('response_headers_to_add')),
    descriptors: limit.descriptors.map((descriptor, i) => readDescriptor(descriptor, report.at('descriptors', i))),
    stage: limit.stage,
    alwaysTakesDefault: limit.alwaysConsumeDefaultTokenBucket ?? true,
    perConnection: limit.localRateLimitPerDownstreamConnection,
    showsLimits: limit.enableXRatelimitHeaders === XRateLimitHeadersRFCVersion.DRAFT_VERSION_03,
    grpcStatus: limit.rateLimitedAsResourceExhausted ? 8 : -1,
  })
}

function readDescriptor({ entries, tokenBucket }: LocalRateLimitDescriptor, report: Report): DescriptorLimit {
  if (entries.length === 0) report.at('entries').refuse('required', 'must not be empty')
  if (tokenBucket === undefined) report.at('token_bucket').refuse('required', 'must be set')
  return {
    entries: entries.map(({ key, value }) => [key, value] as const),
    bucket: tokenBucket === undefined ? NO_TOKENS : readBucket(tokenBucket, report.at('token_bucket')),
  }
}

const NO_TOKENS: BucketConfig = { maxTokens: 1, tokensPerFill: 1, fillMs: 1000 }

/** Shorter fill intervals are refused, as by Envoy. */
const MIN_FILL_MS = 50

function readBucket(bucket: NonNullable<LocalRateLimit['tokenBucket']>, report: Report): BucketConfig {
  if (bucket.maxTokens < 1) report.at('max_tokens').refuse('out-of-range', 'must be at least 1')
  if (bucket.fillInterval === undefined) report.at('fill_interval').refuse('required', 'must be set')
  const fillMs = durationMs(bucket.fillInterval, MIN_FILL_MS, report.at('fill_interval'))
  if (fillMs < MIN_FILL_MS) report.at('fill_interval').refuse('out-of-range', `must be at least ${MIN_FILL_MS}ms`)
  return { maxTokens: bucket.maxTokens, tokensPerFill: bucket.tokensPerFill ?? 1, fillMs }
}

function readEdits(direction: 'request' | 'response', options: readonly HeaderValueOption[], report: Report): HeaderEdits | null {
  const added = options.map((option, i) => decodeAddition(option, report.at(i)))
  const none = { requestAdd: [], requestRemove: [], responseAdd: [], responseRemove: [] }
  return compileEdits(direction, [direction === 'request' ? { ...none, requestAdd: added } : { ...none, responseAdd: added }])
}
