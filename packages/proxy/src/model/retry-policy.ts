import type { HeaderMatch } from './match.ts'

/** `envoy.config.route.v3.RetryPolicy`. */
export interface RetryPolicy {
  /** Envoy's words: `5xx`, `gateway-error`, `reset`, `connect-failure`, `retriable-4xx`, `refused-stream`, … */
  readonly retryOn: readonly string[]
  readonly retriableStatusCodes: readonly number[]
  readonly maxRetries: number
  /** 0: only the route's timeout counts. */
  readonly perTryTimeoutMs: number
  /** Silence of an attempt's response. 0: only the stream's counts. */
  readonly perTryIdleTimeoutMs: number
  readonly backoff: { readonly baseMs: number; readonly maxMs: number }
  /** How long an upstream that limits its rate asks to wait; null: it is not asked. */
  readonly rateLimited: RateLimitedBackoff | null
  /** Answers that are repeated by the word `retriable-headers`. */
  readonly retriableHeaders: readonly HeaderMatch[]
  /** When there are any, one of them must hold or the request is not repeated. */
  readonly retriableRequestHeaders: readonly HeaderMatch[]
  readonly hosts: readonly HostPredicate[]
  /** How often another host is asked for when a predicate refuses one; at least 1. */
  readonly hostAttempts: number
  /** `previous_priorities`: priorities already tried are left out; the load is computed anew after so many attempts. null: no. */
  readonly previousPriorities: { readonly updateFrequency: number } | null
}

/** Hosts that a repetition does not go to. */
export type HostPredicate =
  | { readonly kind: 'previous-hosts' }
  /** Metadata `envoy.lb` `canary: true`. */
  | { readonly kind: 'omit-canary' }
  /** Hosts whose `envoy.lb` metadata has all of these. */
  | { readonly kind: 'omit-metadata'; readonly labels: Readonly<Record<string, unknown>> }

export interface RateLimitedBackoff {
  /** The first that is present and can be read counts. */
  readonly headers: readonly { readonly name: string; readonly format: 'seconds' | 'unix-timestamp' }[]
  /** Longer waits are not made: the ordinary back-off is used. */
  readonly maxMs: number
}
