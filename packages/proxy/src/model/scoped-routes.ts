import type { RouteTableConfig } from './route.ts'

/** Route tables by a key that is made of the request (`HttpConnectionManager.scoped_routes`). */
export interface ScopedRoutesConfig {
  readonly kind: 'scoped'
  /** In order; a request that lacks one of them has no key. At least one. */
  readonly key: readonly ScopeFragment[]
  /** null: they come by SRDS. */
  readonly scopes: readonly ScopeConfig[] | null
}

/** A part of a header's first value. */
export interface ScopeFragment {
  /** Lower-case. */
  readonly header: string
  /** Between elements of the value; empty: the value is one element. */
  readonly separator: string
  readonly pick:
    | { readonly kind: 'index'; readonly index: number }
    /** What follows the separator in the element that begins with `key`. */
    | { readonly kind: 'element'; readonly key: string; readonly separator: string }
}

/** `envoy.config.route.v3.ScopedRouteConfiguration` */
export interface ScopeConfig {
  readonly name: string
  readonly key: readonly string[]
  readonly routes: { readonly kind: 'inline'; readonly table: RouteTableConfig } | { readonly kind: 'rds'; readonly name: string }
}
