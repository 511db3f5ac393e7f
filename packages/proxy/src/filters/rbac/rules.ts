import type { HeaderMatch, MetadataMatch, StringMatch } from '../../model/match.ts'
import type { CidrRange } from '../../model/listener.ts'

/** What a request must be like (`envoy.config.rbac.v3.Permission` and `Principal`, which share most of their kinds). */
export type Condition =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | { readonly kind: 'any' }
  | { readonly kind: 'header'; readonly match: HeaderMatch }
  | { readonly kind: 'url-path'; readonly match: StringMatch }
  | { readonly kind: 'uri-template'; readonly regex: RegExp }
  | { readonly kind: 'metadata'; readonly match: MetadataMatch }
  | { readonly kind: 'requested-server-name'; readonly match: StringMatch }
  | { readonly kind: 'destination-ip'; readonly range: CidrRange }
  /** From `start` to, not including, `end`. */
  | { readonly kind: 'destination-port'; readonly start: number; readonly end: number }
  /** `direct`: the peer itself; `remote`: the client as trusted headers tell. */
  | { readonly kind: 'source-ip'; readonly of: 'direct' | 'remote'; readonly range: CidrRange }
  /** null: any client certificate. */
  | { readonly kind: 'authenticated'; readonly name: StringMatch | null }

export interface RbacPolicy {
  readonly name: string
  /** One of each must hold. */
  readonly permissions: readonly Condition[]
  readonly principals: readonly Condition[]
}

export interface RbacRules {
  readonly action: 'allow' | 'deny' | 'log'
  readonly policies: readonly RbacPolicy[]
}
