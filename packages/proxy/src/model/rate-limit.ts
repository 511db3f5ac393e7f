import type { HeaderMatch } from './match.ts'

/** `envoy.config.route.v3.RateLimit`: how a request is described to rate limit filters. */
export interface RateLimitRule {
  /** Filters of this stage only. */
  readonly stage: number
  /** Each gives one entry of the descriptor, in order. */
  readonly actions: readonly RateLimitAction[]
}

export type RateLimitAction =
  | { readonly kind: 'text'; readonly key: string; readonly value: string }
  | { readonly kind: 'destination-cluster' }
  | { readonly kind: 'remote-address' }
  /** `optional`: without the header the descriptor goes on without the entry. */
  | { readonly kind: 'header'; readonly key: string; readonly name: string; readonly optional: boolean }
  /** `expected`: whether all of the conditions must hold, or not all. */
  | {
      readonly kind: 'headers-match'
      readonly key: string
      readonly value: string
      readonly expected: boolean
      readonly headers: readonly HeaderMatch[]
    }
