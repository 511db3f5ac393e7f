import type { RetryPolicy as ProtoRetryPolicy } from '@meshwork/protos/envoy/config/route/v3/route_components'
import type { RetryPolicy } from '../model/route.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import type { Report } from './report.ts'
import { durationMs } from './scalars.ts'

const FIELDS: FieldPolicy<ProtoRetryPolicy> = {
  read: [
    'retryOn',
    'numRetries',
    'perTryTimeout',
    'retryHostPredicate',
    'hostSelectionRetryMaxAttempts',
    'retriableStatusCodes',
    'retryBackOff',
  ],
  harmless: [],
}

const PREVIOUS_HOSTS = 'envoy.retry_host_predicates.previous_hosts'
const DEFAULT_BASE_MS = 25

export function decodeRetryPolicy(policy: ProtoRetryPolicy | undefined, report: Report): RetryPolicy | null {
  if (policy === undefined) return null
  refuseOtherFields(policy, FIELDS, report)
  for (const [i, { name }] of policy.retryHostPredicate.entries()) {
    if (name !== PREVIOUS_HOSTS) report.at('retry_host_predicate', i).refuse('unsupported-field', `'${name}' is not supported`)
  }
  const baseMs = durationMs(policy.retryBackOff?.baseInterval, DEFAULT_BASE_MS, report.at('retry_back_off', 'base_interval'))
  // RetryBackOff.max_interval: ten times the base interval unless set.
  const maxMs = durationMs(policy.retryBackOff?.maxInterval, baseMs * 10, report.at('retry_back_off', 'max_interval'))
  return {
    retryOn: policy.retryOn.split(',').flatMap(word => (word.trim() === '' ? [] : [word.trim()])),
    retriableStatusCodes: policy.retriableStatusCodes,
    maxRetries: policy.numRetries ?? 1,
    perTryTimeoutMs: durationMs(policy.perTryTimeout, 0, report.at('per_try_timeout')),
    backoff: { baseMs, maxMs: Math.max(baseMs, maxMs) },
    otherHostAttempts: policy.retryHostPredicate.length === 0 ? 0 : Math.max(Number(policy.hostSelectionRetryMaxAttempts), 1),
  }
}
