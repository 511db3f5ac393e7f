import type { RegexRewrite } from './route.ts'

/** One source of the hash by which a request is placed (`RouteAction.HashPolicy`). */
export type HashPolicy = {
  /** If it gave a hash, later policies are not asked. */
  readonly terminal: boolean
} & (
  | { readonly kind: 'header'; readonly name: string; readonly rewrite: RegexRewrite | null }
  | {
      readonly kind: 'cookie'
      readonly name: string
      /** Lifetime of a cookie that is made when the client has none; 0: as long as its session; null: none is made. */
      readonly ttlMs: number | null
      readonly path: string
      /** `; SameSite=Lax` and the like, ready to be appended. */
      readonly attributes: string
    }
  | { readonly kind: 'source-ip' }
  | { readonly kind: 'query-parameter'; readonly name: string }
)
