import { violation, type Violation } from '@meshwork/core/result'
import { checkDuration, checkDurationOrZero } from '../rules/duration.ts'
import type { HttpRetry } from './type.ts'

/** Envoy's conditions for HTTP and gRPC (`x-envoy-retry-on`, `x-envoy-retry-grpc-on`). */
const CONDITIONS: ReadonlySet<string> = new Set([
  '5xx',
  'gateway-error',
  'reset',
  'reset-before-request',
  'connect-failure',
  'retriable-4xx',
  'refused-stream',
  'retriable-status-codes',
  'retriable-headers',
  'envoy-ratelimited',
  'http3-post-connect-failure',
  'cancelled',
  'deadline-exceeded',
  'internal',
  'resource-exhausted',
  'unavailable',
])

export function validateRetries(path: string, retries: HttpRetry): readonly Violation[] {
  const violations: Violation[] = []
  if (retries.attempts < 0)
    violations.push(violation(`${path}.attempts`, 'out-of-range', `${retries.attempts} attempts: must not be below 0`))
  if (retries.attempts === 0 && (retries.perTryTimeoutMs !== undefined || (retries.retryOn ?? '') !== '')) {
    violations.push(violation(path, 'retries-off', 'perTryTimeout and retryOn have no meaning with 0 attempts'))
  }
  for (const condition of conditionsOf(retries.retryOn)) {
    if (!CONDITIONS.has(condition) && !isStatus(condition)) {
      violations.push(violation(`${path}.retryOn`, 'bad-condition', `'${condition}' is neither a retry condition nor a status`))
    }
  }
  return [
    ...violations,
    ...checkDurationOrZero(`${path}.perTryTimeout`, retries.perTryTimeoutMs),
    ...checkDuration(`${path}.backoff`, retries.backoffMs),
  ]
}

function conditionsOf(retryOn: string | undefined): readonly string[] {
  return (retryOn ?? '')
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '')
}

function isStatus(text: string): boolean {
  return /^[1-5]\d\d$/.test(text)
}
