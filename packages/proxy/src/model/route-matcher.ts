import type { StringMatch } from './match.ts'
import type { RouteConfig } from './route.ts'

/** `xds.type.matcher.v3.Matcher` that chooses a route (`VirtualHost.matcher`). */
export type RouteMatcher =
  | { readonly kind: 'list'; readonly fields: readonly FieldMatcher[]; readonly otherwise: MatcherOutcome | null }
  | {
      readonly kind: 'tree'
      readonly input: MatcherInput
      /** `prefix`: the longest key that the value begins with. */
      readonly keys: 'exact' | 'prefix'
      readonly map: ReadonlyMap<string, MatcherOutcome>
      readonly otherwise: MatcherOutcome | null
    }

export interface FieldMatcher {
  readonly predicate: MatcherPredicate
  readonly outcome: MatcherOutcome
}

export type MatcherOutcome =
  /** One route, or a list of which the first that matches is taken. */
  { readonly kind: 'routes'; readonly routes: readonly RouteConfig[] } | { readonly kind: 'matcher'; readonly matcher: RouteMatcher }

export type MatcherPredicate =
  | { readonly kind: 'value'; readonly input: MatcherInput; readonly match: StringMatch }
  | { readonly kind: 'any' | 'all'; readonly predicates: readonly MatcherPredicate[] }
  | { readonly kind: 'not'; readonly predicate: MatcherPredicate }

/** What is looked at; names are lower-case headers, or query parameters as they are written. */
export type MatcherInput = { readonly kind: 'header' | 'query-parameter'; readonly name: string }
