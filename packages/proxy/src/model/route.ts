import type { RateLimitRule } from './rate-limit.ts'
import type { HashPolicy } from './hash-policy.ts'
import type { HeaderMatch, MetadataMatch, QueryParameterMatch } from './match.ts'
import type { RetryPolicy } from './retry-policy.ts'
import type { Matcher } from './matcher.ts'

/** A route table as decoded from `envoy.config.route.v3.RouteConfiguration`. */
export interface RouteTableConfig {
  readonly name: string
  readonly virtualHosts: readonly VirtualHostConfig[]
  readonly ignorePortInHost: boolean
  /** `;parameters` at the end of a path do not count for matching. */
  readonly ignorePathParameters: boolean
  readonly headers: HeaderMutations
  /** Levels are applied from the table to the weighted cluster, so that the most specific one has the last word. */
  readonly mostSpecificHeadersWin: boolean
  readonly mirrors: readonly MirrorPolicy[]
  readonly perFilter: ReadonlyMap<string, unknown>
}

export interface VirtualHostConfig {
  readonly name: string
  /** Exact, `*.suffix`, `prefix.*` or `*`; lower-case. */
  readonly domains: readonly string[]
  /** Requests that did not come over TLS (by `x-forwarded-proto`) are redirected there; all of them, or those from outside. */
  readonly requireTls: 'none' | 'external-only' | 'all'
  readonly routes: readonly RouteConfig[]
  /** In place of `routes`: what chooses a route. null: the routes do. */
  readonly matcher: Matcher<readonly RouteConfig[]> | null
  readonly headers: HeaderMutations
  readonly retry: RetryPolicy | null
  readonly perFilter: ReadonlyMap<string, unknown>
  /** Add `x-envoy-attempt-count` to requests (`include_request_attempt_count`). */
  readonly includeAttemptCount: boolean
  /** The same in responses (`include_attempt_count_in_response`). */
  readonly includeAttemptCountInResponse: boolean
  /** Add `x-envoy-is-timeout-retry` to repetitions after a timeout of an attempt. */
  readonly includeIsTimeoutRetry: boolean
  readonly mirrors: readonly MirrorPolicy[]
  /** For routes without rate limits of their own. Absent: none. */
  readonly rateLimits?: readonly RateLimitRule[]
  /** `per_request_buffer_limit_bytes`: bytes of a body kept for repetition. null: the default. */
  readonly bufferLimit: number | null
}

export interface RouteConfig {
  readonly name: string
  readonly match: RouteMatch
  readonly action: RouteAction | RedirectAction | DirectResponseAction | NonForwardingAction
  readonly headers: HeaderMutations
  /** Per-filter settings by filter name, decoded by that filter. */
  readonly perFilter: ReadonlyMap<string, unknown>
  /** `filter_metadata` of the route, for access logs and our own filters. */
  readonly metadata: Readonly<Record<string, unknown>>
  readonly bufferLimit: number | null
  /** Names the spans of its requests; null: they have the tracer's own names. */
  readonly decorator: RouteDecorator | null
}

/** `envoy.config.route.v3.Decorator`. */
export interface RouteDecorator {
  readonly operation: string
  /** The proxy at the other end is told the name. */
  readonly propagate: boolean
}

export type PathMatch =
  | { readonly kind: 'prefix'; readonly value: string }
  | { readonly kind: 'exact'; readonly value: string }
  /** RE2, must match the whole path without query. */
  | { readonly kind: 'regex'; readonly value: string }
  | { readonly kind: 'path-separated-prefix'; readonly value: string }
  /** `envoy.path.match.uri_template`: `/users/{id}/**`. */
  | { readonly kind: 'template'; readonly value: string }
  /** CONNECT requests, whatever their path. */
  | { readonly kind: 'connect' }

export interface RouteMatch {
  readonly path: PathMatch
  readonly caseSensitive: boolean
  readonly headers: readonly HeaderMatch[]
  readonly queryParameters: readonly QueryParameterMatch[]
  /** Share of requests that may match, in parts of a million. null: all. */
  readonly runtimeFractionPpm: number | null
  readonly grpcOnly: boolean
  /** The client's certificate; null in a field: it does not matter. */
  readonly clientCertificate: { readonly presented: boolean | null; readonly validated: boolean | null }
  readonly dynamicMetadata: readonly MetadataMatch[]
}

export interface WeightedCluster {
  /** Empty when `fromHeader` names it. */
  readonly name: string
  /** The request header whose value is the cluster's name; null for a fixed name. */
  readonly fromHeader: string | null
  readonly weight: number
  readonly headers: HeaderMutations
  readonly perFilter: ReadonlyMap<string, unknown>
  /** Host that the upstream sees; null: as the route says. */
  readonly hostRewrite: string | null
  /** Labels (`envoy.lb`) of the hosts to choose from: those of the route with those of the entry. */
  readonly metadataMatch: Readonly<Record<string, unknown>>
}

export interface RegexRewrite {
  readonly pattern: string
  /** `\1` is the first group. */
  readonly substitution: string
}

export type HostRewrite =
  | { readonly kind: 'none' }
  | { readonly kind: 'literal'; readonly value: string }
  /** The value of a request header, if there is one. */
  | { readonly kind: 'header'; readonly name: string }
  /** Made from the path without query. */
  | { readonly kind: 'path-regex'; readonly rewrite: RegexRewrite }
  /** The host name of the endpoint. */
  | { readonly kind: 'endpoint' }

export interface RouteAction {
  readonly kind: 'route'
  /** One entry for a plain cluster; weights count relative to their sum. */
  readonly clusters: readonly WeightedCluster[]
  /** How requests are described to rate limit filters. Absent: as the virtual host says. */
  readonly rateLimits?: readonly RateLimitRule[]
  /** Those of the virtual host hold too. */
  readonly includeHostRateLimits?: boolean
  /** Request header with the number that chooses among the clusters; null: chance. */
  readonly randomHeader: string | null
  /** Status when the cluster does not exist. */
  readonly clusterNotFoundStatus: 503 | 404 | 500
  /** Whole request, from the end of the request to the end of the response. 0: no limit. */
  readonly timeoutMs: number
  /** null: the connection manager's. */
  readonly idleTimeoutMs: number | null
  readonly maxStreamDuration: MaxStreamDuration
  readonly retry: RetryPolicy | null
  readonly prefixRewrite: string | null
  readonly regexRewrite: RegexRewrite | null
  /** `envoy.path.rewrite.uri_template`, with the variables of the path match. */
  readonly templateRewrite: string | null
  readonly hostRewrite: HostRewrite
  readonly appendForwardedHost: boolean
  readonly highPriority: boolean
  /** For balancers that hash. */
  readonly hashPolicies: readonly HashPolicy[]
  /** Empty: those of the virtual host, or else of the table. */
  readonly mirrors: readonly MirrorPolicy[]
  readonly internalRedirect: InternalRedirectPolicy | null
  /** What this route says about upgrades, by lower-case name, whatever the connection manager says. */
  readonly upgrades: ReadonlyMap<string, UpgradeRule>
}

export interface UpgradeRule {
  readonly enabled: boolean
  /** CONNECT ends here: what comes in it goes to the upstream as plain TCP (`connect_config`). */
  readonly terminatesConnect: boolean
}

export interface MaxStreamDuration {
  /** null: the connection manager's. 0: none. */
  readonly maxMs: number | null
  /** Longest `grpc-timeout` that is believed; 0: any; null: the header is not looked at. */
  readonly grpcTimeoutMaxMs: number | null
  /** Taken off what `grpc-timeout` says, so that the answer is there in time. */
  readonly grpcTimeoutOffsetMs: number
  /** The older form (`max_grpc_timeout`): `grpc-timeout`, at most this, becomes the route's timeout. null: not so. */
  readonly grpcAsTimeoutMaxMs: number | null
  readonly grpcAsTimeoutOffsetMs: number
}

/** A copy of the request for another cluster, whose answer nobody waits for. */
export interface MirrorPolicy {
  readonly cluster: string
  readonly fromHeader: string | null
  readonly fractionPpm: number
  /** `-shadow` at the end of the copy's host. */
  readonly shadowHost: boolean
}

/** Redirects of the upstream that are followed here. */
export interface InternalRedirectPolicy {
  readonly maxRedirects: number
  readonly statuses: readonly number[]
  readonly crossScheme: 'no' | 'yes' | 'safe'
  /** Names of the routes that may be the target; null: all. */
  readonly allowedRoutes: readonly string[] | null
  /** A route that was taken before is not taken again. */
  readonly refusePreviousRoutes: boolean
  /** Response headers that are copied to the redirected request. */
  readonly copyHeaders: readonly string[]
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
    | { readonly kind: 'regex'; readonly rewrite: RegexRewrite }
  readonly stripQuery: boolean
}

export interface DirectResponseAction {
  readonly kind: 'direct-response'
  readonly status: number
  readonly body: string
}

/** For servers that are no proxies; one that is has nothing to forward. */
export interface NonForwardingAction {
  readonly kind: 'non-forwarding'
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
