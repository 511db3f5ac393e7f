import { messageOf } from '@meshwork/core/result'
import {
  type RetryPolicy as ProtoRetryPolicy,
  type RetryPolicy_RetryHostPredicate,
  RetryPolicy_ResetHeaderFormat,
} from '@meshwork/protos/envoy/config/route/v3/route_components'
import { OmitHostMetadataConfig } from '@meshwork/protos/envoy/extensions/retry/host/omit_host_metadata/v3/omit_host_metadata_config'
import { PreviousPrioritiesConfig } from '@meshwork/protos/envoy/extensions/retry/priority/previous_priorities/v3/previous_priorities_config'
import type { HostPredicate, RateLimitedBackoff, RetryPolicy } from '../model/retry-policy.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import { decodeHeaderMatches } from './header-match.ts'
import { headerName } from './header-mutations.ts'
import type { Report } from './report.ts'
import { durationMs } from './scalars.ts'

const FIELDS: FieldPolicy<ProtoRetryPolicy> = {
  read: [
    'retryOn',
    'numRetries',
    'perTryTimeout',
    'perTryIdleTimeout',
    'retryPriority',
    'retryHostPredicate',
    'hostSelectionRetryMaxAttempts',
    'retriableStatusCodes',
    'retryBackOff',
    'rateLimitedRetryBackOff',
    'retriableHeaders',
    'retriableRequestHeaders',
  ],
  harmless: [],
}

/** Defaults of RetryPolicy.RetryBackOff and of the runtime (`upstream.base_retry_backoff_ms`). */
const DEFAULT_BASE_MS = 25
const DEFAULT_RATE_LIMITED_MAX_MS = 300_000

export function decodeRetryPolicy(policy: ProtoRetryPolicy | undefined, report: Report): RetryPolicy | null {
  if (policy === undefined) return null
  refuseOtherFields(policy, FIELDS, report)
  return {
    retryOn: policy.retryOn.split(',').flatMap(word => (word.trim() === '' ? [] : [word.trim()])),
    retriableStatusCodes: policy.retriableStatusCodes,
    maxRetries: policy.numRetries ?? 1,
    perTryTimeoutMs: durationMs(policy.perTryTimeout, 0, report.at('per_try_timeout')),
    perTryIdleTimeoutMs: durationMs(policy.perTryIdleTimeout, 0, report.at('per_try_idle_timeout')),
    backoff: decodeBackoff(policy.retryBackOff, report.at('retry_back_off')),
    rateLimited: decodeRateLimited(policy.rateLimitedRetryBackOff, report.at('rate_limited_retry_back_off')),
    retriableHeaders: decodeHeaderMatches(policy.retriableHeaders, report, 'retriable_headers'),
    retriableRequestHeaders: decodeHeaderMatches(policy.retriableRequestHeaders, report, 'retriable_request_headers'),
    hosts: policy.retryHostPredicate.flatMap((one, i) => decodeHostPredicate(one, report.at('retry_host_predicate', i)) ?? []),
    hostAttempts: Math.min(Math.max(Number(policy.hostSelectionRetryMaxAttempts), 1), MAX_HOST_ATTEMPTS),
    previousPriorities: decodePriority(policy.retryPriority, report.at('retry_priority')),
  }
}

const MAX_HOST_ATTEMPTS = 1000

function decodeBackoff(backoff: ProtoRetryPolicy['retryBackOff'], report: Report): RetryPolicy['backoff'] {
  const baseMs = durationMs(backoff?.baseInterval, DEFAULT_BASE_MS, report.at('base_interval'))
  // RetryBackOff.max_interval: ten times the base interval unless set.
  const maxMs = durationMs(backoff?.maxInterval, baseMs * 10, report.at('max_interval'))
  if (maxMs < baseMs) report.at('max_interval').refuse('bad-interval', 'must not be less than base_interval')
  return { baseMs, maxMs }
}

function decodeRateLimited(backoff: ProtoRetryPolicy['rateLimitedRetryBackOff'], report: Report): RateLimitedBackoff | null {
  if (backoff === undefined) return null
  if (backoff.resetHeaders.length === 0) report.at('reset_headers').refuse('required', 'must not be empty')
  return {
    headers: backoff.resetHeaders.map(({ name, format }, i) => ({
      name: headerName(name, report.at('reset_headers', i, 'name')),
      format: format === RetryPolicy_ResetHeaderFormat.UNIX_TIMESTAMP ? 'unix-timestamp' : 'seconds',
    })),
    maxMs: durationMs(backoff.maxInterval, DEFAULT_RATE_LIMITED_MAX_MS, report.at('max_interval')),
  }
}

function decodeHostPredicate(predicate: RetryPolicy_RetryHostPredicate, report: Report): HostPredicate | null {
  const config = predicate.configType?.value
  const kind = /envoy\.extensions\.retry\.host\.([a-z_]+)\.v3\./.exec(config?.typeUrl ?? '')?.[1] ?? predicate.name.split('.').at(-1)
  switch (kind) {
    case 'previous_hosts':
      return { kind: 'previous-hosts' }
    case 'omit_canary_hosts':
      return { kind: 'omit-canary' }
    case 'omit_host_metadata':
      return decoded(report, () => {
        const { metadataMatch } = OmitHostMetadataConfig.decode(config?.value ?? new Uint8Array())
        return { kind: 'omit-metadata', labels: metadataMatch?.filterMetadata['envoy.lb'] ?? {} }
      })
    default:
      report.refuse('unsupported-field', `'${predicate.name}' is not supported`)
      return null
  }
}

function decodePriority(priority: ProtoRetryPolicy['retryPriority'], report: Report): RetryPolicy['previousPriorities'] {
  if (priority === undefined) return null
  const config = priority.configType?.value
  if (priority.name !== 'envoy.retry_priorities.previous_priorities' && config?.typeUrl.includes('.previous_priorities.') !== true) {
    report.refuse('unsupported-field', `'${priority.name}' is not supported`)
    return null
  }
  return decoded(report, () => {
    const { updateFrequency } = PreviousPrioritiesConfig.decode(config?.value ?? new Uint8Array())
    if (updateFrequency < 1) report.at('typed_config', 'update_frequency').refuse('required', 'must be at least 1')
    return { updateFrequency }
  })
}

function decoded<T>(report: Report, decode: () => T): T | null {
  try {
    return decode()
  } catch (error) {
    report.at('typed_config').refuse('malformed', messageOf(error))
    return null
  }
}
