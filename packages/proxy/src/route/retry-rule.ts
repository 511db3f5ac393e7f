import type { HeaderTable } from '../http/header-table.ts'
import type { HeaderMatch } from '../model/match.ts'
import type { HostPredicate, RateLimitedBackoff, RetryPolicy } from '../model/retry-policy.ts'
import { compileFieldMatch, compileHeaderMatch, type FieldPredicate, type RequestPredicate } from './match-header.ts'
import type { RequestView } from './request-view.ts'
import { grpcStatusBit, retryBits, RetryOn } from './retry-words.ts'

/** Why an attempt failed before a response was passed on. `reset` is also a connection that broke. */
export type AttemptFailure = 'connect-failure' | 'reset' | 'refused-stream' | 'timeout' | 'overflow'

/** What a request may ask for in `x-envoy-retry-on` and its companions; added to the route's policy. */
export interface RetryOverride {
  readonly bits: number
  /** null: as the policy says. */
  readonly maxRetries: number | null
  readonly statuses: readonly number[]
  /** Response headers whose presence is reason to repeat, lower-case. */
  readonly headers: readonly string[]
}

/** A retry policy with its words resolved. Immutable. */
export class RetryRule {
  readonly policy: RetryPolicy
  readonly maxRetries: number
  readonly hosts: readonly HostPredicate[]
  private readonly bits: number
  private readonly statuses: ReadonlySet<number>
  private readonly headers: readonly { readonly isStatus: boolean; readonly test: FieldPredicate }[]
  private readonly requests: readonly RequestPredicate[]
  private readonly baseMs: number
  private readonly maxMs: number

  constructor(policy: RetryPolicy, override: RetryOverride | null = null) {
    this.policy = policy
    // Istio writes status codes themselves among the words.
    const codes = policy.retryOn.filter(word => /^[1-5]\d\d$/.test(word)).map(Number)
    this.bits = retryBits(policy.retryOn) | (codes.length > 0 ? RetryOn.statusCodes : 0) | (override?.bits ?? 0)
    this.maxRetries = override?.maxRetries ?? policy.maxRetries
    this.statuses = new Set([...policy.retriableStatusCodes, ...codes, ...(override?.statuses ?? [])])
    this.headers = [...policy.retriableHeaders, ...(override?.headers ?? []).map(presenceOf)].map(match => ({
      isStatus: match.name === ':status',
      test: compileFieldMatch(match),
    }))
    this.requests = policy.retriableRequestHeaders.map(compileHeaderMatch)
    this.hosts = policy.hosts
    this.baseMs = Math.max(policy.backoff.baseMs, 1)
    this.maxMs = Math.max(policy.backoff.maxMs, this.baseMs)
  }

  /** Whether the request is of a kind that may be repeated at all. */
  admits(request: RequestView): boolean {
    return this.bits !== 0 && (this.requests.length === 0 || this.requests.some(test => test(request)))
  }

  /** `requestSent`: the request's head was written to an established connection. */
  afterFailure(failure: AttemptFailure, requestSent: boolean): boolean {
    const { bits } = this
    if (failure === 'overflow') return false
    if ((bits & (RetryOn.reset | RetryOn.serverError | RetryOn.gatewayError)) !== 0) return true
    if ((bits & RetryOn.resetBeforeRequest) !== 0 && !requestSent) return true
    if (failure === 'refused-stream') return (bits & RetryOn.refusedStream) !== 0
    return failure === 'connect-failure' && (bits & RetryOn.connectFailure) !== 0
  }

  afterResponse(status: number, headers: HeaderTable): boolean {
    const { bits } = this
    // An upstream that limits its rate is left alone unless the policy says otherwise.
    if (headers.has('x-envoy-ratelimited')) return (bits & RetryOn.rateLimited) !== 0
    if (status >= 500 && (bits & RetryOn.serverError) !== 0) return true
    if ((status === 502 || status === 503 || status === 504) && (bits & RetryOn.gatewayError) !== 0) return true
    if (status === 409 && (bits & RetryOn.retriable4xx) !== 0) return true
    if ((bits & RetryOn.statusCodes) !== 0 && this.statuses.has(status)) return true
    if ((bits & RetryOn.headers) !== 0 && this.hasRetriableHeader(status, headers)) return true
    const grpcStatus = bits < RetryOn.grpcCancelled ? null : headers.get('grpc-status')
    return grpcStatus !== null && (bits & grpcStatusBit(grpcStatus)) !== 0
  }

  /** Full jitter: 0 up to the base doubled with every retry, at most the maximum. `random` is in [0, 1). */
  delayMs(retry: number, random: number): number {
    return Math.floor(random * Math.min(this.maxMs, this.baseMs * 2 ** Math.min(retry - 1, 20)))
  }

  private hasRetriableHeader(status: number, headers: HeaderTable): boolean {
    return this.headers.some(({ isStatus, test }) => test(headers, isStatus ? String(status) : null))
  }
}

function presenceOf(name: string): HeaderMatch {
  return { name, match: { kind: 'present', present: true }, invert: false, treatMissingAsEmpty: false }
}

/**
 * How long an upstream that limits its rate asks to wait, in milliseconds; null: it does not, or longer than is allowed.
 * `nowMs` is since the epoch.
 */
export function rateLimitDelayMs(rule: RateLimitedBackoff, headers: HeaderTable, nowMs: number): number | null {
  for (const { name, format } of rule.headers) {
    const text = headers.get(name)
    if (text === null || !/^\d{1,12}$/.test(text)) continue
    const ms = format === 'seconds' ? Number(text) * 1000 : Number(text) * 1000 - nowMs
    if (ms > 1 && ms <= rule.maxMs) return ms
  }
  return null
}
