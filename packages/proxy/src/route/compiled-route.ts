import type { RouteFacts } from '../filters/filter.ts'
import type {
  MirrorPolicy,
  RouteConfig,
  RouteDecorator,
  RouteMatch,
  RouteTableConfig,
  VirtualHostConfig,
  WeightedCluster,
} from '../model/route.ts'
import type { RateLimitRule } from '../model/rate-limit.ts'
import { compileHeaderMatch, compileQueryMatch, type RequestPredicate } from './match-header.ts'
import { HashPolicies } from './hash-policy.ts'
import { compilePathMatch } from './match-path.ts'
import type { Predicate } from './match-string.ts'
import { compilePerFilter } from './per-filter.ts'
import { compileMetadataMatch } from './match-value.ts'
import { compileRateLimits, type RateLimitDescriber } from './rate-limit.ts'
import { compileRedirect, type Redirect } from './redirect.ts'
import { type RequestTimeouts, routeTimeouts } from './request-timeouts.ts'
import type { RequestView } from './request-view.ts'
import { RetryRule } from './retry-rule.ts'
import { compileHostRewrite, type RequestHostRewrite } from './rewrite-host.ts'
import { compilePathRewrite, type PathRewrite } from './rewrite-path.ts'
import { type CompiledTarget, compileTarget, targetAt } from './route-target.ts'

const PARTS_PER_MILLION = 1_000_000

/** A route ready to be matched and followed. Immutable; shared by all requests that take it. */
export class CompiledRoute implements RouteFacts {
  readonly routeName: string
  readonly virtualHostName: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly match: RouteMatch
  readonly action: RouteConfig['action']
  readonly virtualHost: VirtualHostConfig
  /** At least one; for redirects and direct answers it names no cluster. */
  readonly targets: readonly CompiledTarget[]
  readonly retry: RetryRule | null
  /** Limits of requests that ask for none of their own; null for routes that lead to no upstream. */
  readonly timeouts: RequestTimeouts | null
  readonly rewrite: PathRewrite | null
  readonly hostRewrite: RequestHostRewrite | null
  readonly redirect: Redirect | null
  /** null: requests are placed anywhere. */
  readonly hashPolicies: HashPolicies | null
  readonly mirrors: readonly MirrorPolicy[]
  /** Bytes of a body that are kept for repetition; null: the default. */
  readonly bufferLimit: number | null
  readonly decorator: RouteDecorator | null
  readonly rateLimits: readonly RateLimitDescriber[]
  private readonly totalWeight: number
  private readonly path: Predicate
  private readonly conditions: readonly RequestPredicate[]
  /** Share of requests that may match, 0 to 1. */
  private readonly fraction: number

  constructor(config: RouteConfig, host: VirtualHostConfig, table: RouteTableConfig) {
    const { action, match } = config
    this.routeName = config.name
    this.virtualHostName = host.name
    this.virtualHost = host
    this.metadata = config.metadata
    this.decorator = config.decorator
    this.match = match
    this.action = action
    this.path = compilePathMatch(match.path, match.caseSensitive)
    this.conditions = compileConditions(match)
    this.fraction = match.runtimeFractionPpm === null ? 1 : match.runtimeFractionPpm / PARTS_PER_MILLION
    this.targets = clustersOf(config).map(cluster => compileTarget(cluster, config, host, table))
    this.totalWeight = this.targets.reduce((sum, target) => sum + target.weight, 0)
    this.retry = retryOf(config, host)
    this.timeouts = action.kind === 'route' ? routeTimeouts(action, this.retry?.policy ?? null) : null
    this.rewrite = compilePathRewrite(config)
    this.hostRewrite = action.kind === 'route' ? compileHostRewrite(action.hostRewrite) : null
    this.redirect = action.kind === 'redirect' ? compileRedirect(action, match.path) : null
    this.hashPolicies = action.kind === 'route' && action.hashPolicies.length > 0 ? new HashPolicies(action.hashPolicies) : null
    this.mirrors = mirrorsOf(config, host, table)
    this.bufferLimit = config.bufferLimit ?? host.bufferLimit
    this.rateLimits = compileRateLimits(rateLimitsOf(action, host))
  }

  /** `path` is the request's path without query. `draw` is its number in [0, 1) for shares of traffic. */
  matches(request: RequestView, path: string, draw: number): boolean {
    return this.path(path) && this.accepts(request, draw)
  }

  /** Everything but the path. */
  accepts(request: RequestView, draw: number): boolean {
    const { conditions } = this
    for (let i = 0; i < conditions.length; i++) if (conditions[i]?.(request) === false) return false
    return draw < this.fraction
  }

  /** Chooses by weight, by the number in the configured request header if it has one. */
  target(request: RequestView, random: () => number): CompiledTarget {
    const [first] = this.targets
    if (first === undefined) return NO_TARGET
    if (this.targets.length === 1 || this.totalWeight === 0) return first
    return targetAt(this.targets, this.chosenPoint(request) ?? random() * this.totalWeight) ?? first
  }

  private chosenPoint(request: RequestView): number | null {
    const name = this.action.kind === 'route' ? this.action.randomHeader : null
    const text = name === null ? null : request.requestHeaders.get(name)
    return text === null || !/^\d{1,20}$/.test(text) ? null : Number(BigInt(text) % BigInt(this.totalWeight))
  }
}

const NO_MUTATIONS = { requestAdd: [], requestRemove: [], responseAdd: [], responseRemove: [] }
const NO_CLUSTER: WeightedCluster = {
  name: '',
  fromHeader: null,
  weight: 1,
  headers: NO_MUTATIONS,
  perFilter: new Map(),
  hostRewrite: null,
  metadataMatch: {},
}
const NO_TARGET: CompiledTarget = {
  cluster: '',
  fromHeader: null,
  weight: 1,
  requestEdits: null,
  responseEdits: null,
  ...compilePerFilter([]),
  hostRewrite: null,
  metadataMatch: null,
}

function clustersOf({ action }: RouteConfig): readonly WeightedCluster[] {
  return action.kind === 'route' ? action.clusters : [NO_CLUSTER]
}

function compileConditions(match: RouteMatch): readonly RequestPredicate[] {
  const conditions = [...match.headers.map(compileHeaderMatch), ...match.queryParameters.map(compileQueryMatch)]
  if (match.path.kind === 'connect') conditions.push(request => request.method === 'CONNECT')
  if (match.grpcOnly) conditions.push(request => isGrpc(request.requestHeaders.get('content-type')))
  const { presented, validated } = match.clientCertificate
  if (presented !== null) conditions.push(request => (request.connection.peer !== null) === presented)
  if (validated !== null) conditions.push(({ connection }) => (connection.peer !== null && connection.peerValidated) === validated)
  conditions.push(...match.dynamicMetadata.map(compileMetadataMatch))
  return conditions
}

function isGrpc(contentType: string | null): boolean {
  return contentType === 'application/grpc' || contentType?.startsWith('application/grpc+') === true
}

function retryOf({ action }: RouteConfig, host: VirtualHostConfig): RetryRule | null {
  if (action.kind !== 'route') return null
  const policy = action.retry ?? host.retry
  return policy === null || policy.retryOn.length === 0 ? null : new RetryRule(policy)
}

/** The most specific level that has any (RouteAction.request_mirror_policies). */
function mirrorsOf({ action }: RouteConfig, host: VirtualHostConfig, table: RouteTableConfig): readonly MirrorPolicy[] {
  if (action.kind !== 'route') return []
  if (action.mirrors.length > 0) return action.mirrors
  return host.mirrors.length > 0 ? host.mirrors : table.mirrors
}

/** The virtual host's count where the route has none, or asks for them (RouteAction.include_vh_rate_limits). */
function rateLimitsOf(action: RouteConfig['action'], host: VirtualHostConfig): readonly RateLimitRule[] {
  const own = action.kind === 'route' ? (action.rateLimits ?? []) : []
  const above = host.rateLimits ?? []
  return own.length === 0 ? above : action.kind === 'route' && action.includeHostRateLimits === true ? [...own, ...above] : own
}
