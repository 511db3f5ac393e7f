import type { RetryPolicy } from '../model/route.ts'

/** Why an attempt failed before a response was passed on. */
export type AttemptFailure = 'connect-failure' | 'reset' | 'timeout' | 'overflow'

/** A retry policy with its words resolved. */
export class RetryRule {
  readonly maxRetries: number
  readonly perTryTimeoutMs: number
  readonly baseMs: number
  readonly maxMs: number
  readonly otherHostAttempts: number
  private readonly words: ReadonlySet<string>
  private readonly statuses: ReadonlySet<number>

  constructor(policy: RetryPolicy) {
    this.maxRetries = policy.maxRetries
    this.perTryTimeoutMs = policy.perTryTimeoutMs
    this.baseMs = Math.max(policy.backoff.baseMs, 1)
    this.maxMs = Math.max(policy.backoff.maxMs, this.baseMs)
    this.otherHostAttempts = policy.otherHostAttempts
    const words = new Set(policy.retryOn.map(word => word.trim()))
    // Istio writes the codes themselves among the words.
    if ([...words].some(word => /^[1-5]\d\d$/.test(word))) words.add('retriable-status-codes')
    this.words = words
    this.statuses = new Set(policy.retriableStatusCodes)
  }

  /**
   * `reachedUpstream`: bytes of the request were written to an established connection. `refused-stream` is not among the
   * words that count here: only HTTP/2 peers can refuse a stream.
   */
  afterFailure(failure: AttemptFailure, reachedUpstream: boolean): boolean {
    const { words } = this
    if (failure === 'overflow') return false
    if (words.has('5xx') || words.has('reset') || words.has('gateway-error')) return true
    if (words.has('connect-failure') && failure === 'connect-failure') return true
    return words.has('reset-before-request') && failure !== 'timeout' && !reachedUpstream
  }

  afterStatus(status: number, grpcStatus: string | null): boolean {
    const { words } = this
    if (status >= 500 && words.has('5xx')) return true
    if (words.has('gateway-error') && (status === 502 || status === 503 || status === 504)) return true
    if (words.has('retriable-4xx') && status === 409) return true
    if (words.has('retriable-status-codes') && (this.statuses.has(status) || words.has(String(status)))) return true
    return grpcStatus !== null && words.has(GRPC_WORDS[grpcStatus] ?? '-')
  }

  /** Full jitter: 0 up to the base doubled with every retry, at most the maximum. `random` is in [0, 1). */
  delayMs(retry: number, random: number): number {
    const ceiling = Math.min(this.maxMs, this.baseMs * 2 ** Math.min(retry - 1, 20))
    return Math.floor(random * ceiling)
  }
}

const GRPC_WORDS: Readonly<Record<string, string>> = {
  '1': 'cancelled',
  '4': 'deadline-exceeded',
  '8': 'resource-exhausted',
  '13': 'internal',
  '14': 'unavailable',
}
