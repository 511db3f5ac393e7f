import type { StringMatch } from '../../model/match.ts'
import type { KeySet } from './key-set.ts'

/** Where tokens of one provider may stand, and how they are marked there. */
export interface TokenHeader {
  /** Lower-case. */
  readonly name: string
  readonly prefix: string
}

export interface RemoteKeys {
  readonly cluster: string
  readonly authority: string
  readonly scheme: string
  readonly path: string
  readonly timeoutMs: number
  readonly cacheMs: number
  readonly retries: number
  /** Fetch before the first request asks. */
  readonly early: boolean
}

/** `envoy.extensions.filters.http.jwt_authn.v3.JwtProvider` */
export interface ProviderConfig {
  readonly name: string
  /** Empty: any. */
  readonly issuer: string
  /** Empty: any. */
  readonly audiences: readonly string[]
  readonly subjects: StringMatch | null
  readonly requiresExpiration: boolean
  /** Seconds; null: any. */
  readonly maxLifetime: number | null
  readonly clockSkew: number
  readonly keys: { readonly kind: 'local'; readonly set: KeySet | string } | ({ readonly kind: 'remote' } & RemoteKeys)
  readonly fromHeaders: readonly TokenHeader[]
  readonly fromParams: readonly string[]
  readonly fromCookies: readonly string[]
  /** The token stays in the request. */
  readonly forwards: boolean
  /** Lower-case; empty: none. */
  readonly payloadHeader: string
  readonly padsPayload: boolean
  /** Keys in the filter's metadata; empty: none. */
  readonly payloadMetadata: string
  readonly headerMetadata: string
  readonly failureMetadata: string
  /** Claims that are lists of words in metadata. */
  readonly spaceDelimited: readonly string[]
  readonly claimHeaders: readonly { readonly header: string; readonly path: readonly string[] }[]
  readonly clearsRouteCache: boolean
}

export type Requirement =
  /** `audiences`: in place of the provider's; null: its own. */
  | { readonly kind: 'provider'; readonly provider: string; readonly audiences: readonly string[] | null }
  | { readonly kind: 'any' | 'all'; readonly of: readonly Requirement[] }
  | { readonly kind: 'allow-missing' | 'allow-missing-or-failed' }
  | { readonly kind: 'none' }
