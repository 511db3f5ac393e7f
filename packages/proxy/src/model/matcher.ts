import type { CidrRange } from './listener.ts'
import type { StringMatch } from './match.ts'

/** `xds.type.matcher.v3.Matcher`, leading to actions of type `A`. */
export type Matcher<A> =
  | { readonly kind: 'list'; readonly fields: readonly FieldMatcher<A>[]; readonly otherwise: MatcherOutcome<A> | null }
  | {
      readonly kind: 'tree'
      readonly input: MatcherInput
      /** `prefix`: the longest key that the value begins with. */
      readonly keys: 'exact' | 'prefix'
      readonly map: ReadonlyMap<string, MatcherOutcome<A>>
      readonly otherwise: MatcherOutcome<A> | null
    }
  | {
      readonly kind: 'ranges'
      readonly input: MatcherInput
      readonly ranges: readonly RangeMatcher<A>[]
      readonly otherwise: MatcherOutcome<A> | null
    }

export interface FieldMatcher<A> {
  readonly predicate: MatcherPredicate
  readonly outcome: MatcherOutcome<A>
}

/** `xds.type.matcher.v3.IPMatcher.IPRangeMatcher` */
export interface RangeMatcher<A> {
  readonly ranges: readonly CidrRange[]
  readonly outcome: MatcherOutcome<A>
  /** Not asked when a narrower range holds the address and leads nowhere. */
  readonly exclusive: boolean
}

export type MatcherOutcome<A> = { readonly kind: 'action'; readonly action: A } | { readonly kind: 'matcher'; readonly matcher: Matcher<A> }

export type MatcherPredicate =
  | { readonly kind: 'value'; readonly input: MatcherInput; readonly match: StringMatch }
  | { readonly kind: 'any' | 'all'; readonly predicates: readonly MatcherPredicate[] }
  | { readonly kind: 'not'; readonly predicate: MatcherPredicate }

/** What is looked at. */
export type MatcherInput = RequestInput | ConnectionInput | PeerInput

/** Names are lower-case headers, or query parameters as they are written. */
export interface RequestInput {
  readonly kind: 'header' | 'query-parameter'
  readonly name: string
}

/** Of the connection, before any handshake. */
export interface ConnectionInput {
  readonly kind:
    | 'destination-ip'
    | 'destination-port'
    | 'source-ip'
    | 'source-port'
    | 'direct-source-ip'
    | 'source-type'
    | 'server-name'
    | 'transport-protocol'
    | 'application-protocols'
}

/** Of the certificate that the client has shown. */
export interface PeerInput {
  readonly kind: 'uri-san' | 'dns-san' | 'subject'
}
