import type { RetryPolicy } from '../model/retry-policy.ts'
import { RetryRule } from '../route/retry-rule.ts'
import { retryBits } from '../route/retry-words.ts'
import type { HeaderTable } from './header-table.ts'
import { HeaderTrait } from './header-traits.ts'
import type { StreamRecord } from './stream-record.ts'

/**
 * The rule by which this request may be repeated: the route's, with what the request's own headers add to it. null: it may
 * not. The headers are meant for us and are taken out.
 */
export function takeRetryRule(stream: StreamRecord, configured: RetryRule | null): RetryRule | null {
  const headers = stream.requestHeaders
  const rule = headers.hasTrait(HeaderTrait.asksRouter) ? ruleWith(headers, configured) : configured
  return rule?.admits(stream) === true ? rule : null
}

const NAMES = [
  'x-envoy-retry-on',
  'x-envoy-retry-grpc-on',
  'x-envoy-max-retries',
  'x-envoy-retriable-status-codes',
  'x-envoy-retriable-header-names',
  'x-envoy-hedge-rq-on-per-try-timeout',
] as const

function ruleWith(headers: HeaderTable, configured: RetryRule | null): RetryRule | null {
  const words = [...listOf(headers, 'x-envoy-retry-on'), ...listOf(headers, 'x-envoy-retry-grpc-on')]
  const max = headers.get('x-envoy-max-retries')
  const override = {
    bits: retryBits(words),
    maxRetries: max !== null && /^\d{1,9}$/.test(max) ? Number(max) : null,
    statuses: listOf(headers, 'x-envoy-retriable-status-codes')
      .filter(text => /^\d{3}$/.test(text))
      .map(Number),
    headers: listOf(headers, 'x-envoy-retriable-header-names').map(name => name.toLowerCase()),
  }
  const given = NAMES.some(name => headers.has(name))
  for (const name of NAMES) headers.remove(name)
  if (!given || (configured === null && override.bits === 0)) return configured
  return new RetryRule(configured?.policy ?? NO_POLICY, override)
}

const MAX_LIST = 64

function listOf(headers: HeaderTable, name: string): readonly string[] {
  const text = headers.get(name)
  if (text === null) return []
  return text.split(',', MAX_LIST).flatMap(part => (part.trim() === '' ? [] : [part.trim()]))
}

/** A request may ask for retries where the route has no policy. Back-off as Envoy's default. */
const NO_POLICY: RetryPolicy = {
  retryOn: [],
  retriableStatusCodes: [],
  maxRetries: 1,
  perTryTimeoutMs: 0,
  perTryIdleTimeoutMs: 0,
  backoff: { baseMs: 25, maxMs: 250 },
  rateLimited: null,
  retriableHeaders: [],
  retriableRequestHeaders: [],
  hosts: [],
  hostAttempts: 1,
  previousPriorities: null,
}
