/** A route table as decoded from `envoy.config.route.v3.RouteConfiguration`. */
export interface RouteTableConfig {
  readonly name: string
  readonly virtualHosts: readonly VirtualHostConfig[]
  readonly ignorePortInHost: boolean
  readonly headers: HeaderMutations
}

export interface VirtualHostConfig {
  readonly name: string
  /** Exact, `*.suffix`, `prefix.*` or `*`; lower-case. */
  readonly domains: readonly string[]
  /** Requests that did not come over TLS (by `x-forwarded-proto`) are redirected there. */
  readonly requireTls: boolean
  readonly routes: readonly RouteConfig[]
  readonly headers: HeaderMutations
  readonly retry: RetryPolicy | null
  readonly perFilter: ReadonlyMap<string, unknown>
  /** Add `x-envoy-attempt-count` to requests (`include_request_attempt_count`). */
  readonly includeAttemptCount: boolean
}

export interface RouteConfig {
  readonly name: string
  readonly match: RouteMatch
  readonly action: RouteAction | RedirectAction | DirectResponseAction
  readonly headers: HeaderMutations
  /** Per-filter settings by filter name, decoded by that filter. */
  readonly perFilter: ReadonlyMap<string, unknown>
  /** `filter_metadata` of the route, for access logs and our own filters. */
  readonly metadata: Readonly<Record<string, unknown>>
}

export type PathMatch =
  | { readonly kind: 'prefix'; readonly value: string }
  | { readonly kind: 'exact'; readonly value: string }
  /** RE2, must match the whole path without query. */
  | { readonly kind: 'regex'; readonly value: string }
  | { readonly kind: 'path-separated-prefix'; readonly value: string }

export interface RouteMatch {
  readonly path: PathMatch
  readonly caseSensitive: boolean
  readonly headers: readonly HeaderMatch[]
  readonly queryParameters: readonly QueryParameterMatch[]
  /** Share of requests that may match, in parts of a million. null: all. */
  readonly runtimeFractionPpm: number | null
  readonly grpcOnly: boolean
}

export type StringMatch = { readonly ignoreCase: boolean } & (
  | { readonly kind: 'exact'; readonly value: string }
  | { readonly kind: 'prefix'; readonly value: string }
  | { readonly kind: 'suffix'; readonly value: string }
  | { readonly kind: 'contains'; readonly value: string }
  | { readonly kind: 'regex'; readonly value: string }
)

export interface HeaderMatch {
  /** Lower-case; may be a pseudo-header such as `:method`. */
  readonly name: string
  readonly match:
    | { readonly kind: 'present'; readonly present: boolean }
    | { readonly kind: 'string'; readonly match: StringMatch }
    | { readonly kind: 'range'; readonly start: bigint; readonly end: bigint }
  readonly invert: boolean
  readonly treatMissingAsEmpty: boolean
}

export interface QueryParameterMatch {
  readonly name: string
  /** null: present with any value. */
  readonly match: StringMatch | null
}

export interface WeightedCluster {
  readonly name: string
  readonly weight: number
  readonly headers: HeaderMutations
  readonly perFilter: ReadonlyMap<string, unknown>
}

export interface RouteAction {
  readonly kind: 'route'
  /** One entry for a plain cluster; weights count relative to their sum. */
  readonly clusters: readonly WeightedCluster[]
  /** Whole request, from the end of the request to the end of the response. 0: no limit. */
  readonly timeoutMs: number
  /** null: the connection manager's. */
  readonly idleTimeoutMs: number | null
  readonly retry: RetryPolicy | null
  readonly prefixRewrite: string | null
  readonly regexRewrite: { readonly pattern: string; readonly substitution: string } | null
  readonly hostRewrite: { readonly kind: 'none' } | { readonly kind: 'literal'; readonly value: string }
}

export interface RedirectAction {
  readonly kind: 'redirect'
  readonly status: 301 | 302 | 303 | 307 | 308
  readonly scheme: string | null
  readonly host: string | null
  /** `unless-default`: the request's, but not the default port of the scheme that is left. `keep`: the request's, as it stands. */
  readonly port: number | 'unless-default' | 'keep'
  readonly path:
    | { readonly kind: 'keep' }
    | { readonly kind: 'replace'; readonly value: string }
    | { readonly kind: 'prefix'; readonly value: string }
  readonly stripQuery: boolean
}

export interface DirectResponseAction {
  readonly kind: 'direct-response'
  readonly status: number
  readonly body: string
}

export interface RetryPolicy {
  /** Envoy's words: `5xx`, `gateway-error`, `reset`, `connect-failure`, `retriable-4xx`, `refused-stream`, … */
  readonly retryOn: readonly string[]
  readonly retriableStatusCodes: readonly number[]
  readonly maxRetries: number
  /** 0: only the route's timeout counts. */
  readonly perTryTimeoutMs: number
  readonly backoff: { readonly baseMs: number; readonly maxMs: number }
  /** Attempts to find a host that was not tried yet. 0: no such predicate. */
  readonly otherHostAttempts: number
}

export interface HeaderMutations {
  readonly requestAdd: readonly HeaderAddition[]
  readonly requestRemove: readonly string[]
  readonly responseAdd: readonly HeaderAddition[]
  readonly responseRemove: readonly string[]
}

export interface HeaderAddition {
  readonly name: string
  /** May contain `%COMMAND%` formatters. */
  readonly value: string
  readonly action: 'append-if-exists-or-add' | 'add-if-absent' | 'overwrite-if-exists-or-add' | 'overwrite-if-exists'
  readonly keepEmptyValue: boolean
}
