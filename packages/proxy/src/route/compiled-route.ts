import type { RouteFacts } from '../filters/filter.ts'
import type {
  DirectResponseAction,
  HeaderMutations,
  RedirectAction,
  RouteAction,
  RouteConfig,
  VirtualHostConfig,
  WeightedCluster,
} from '../model/route.ts'
import { compilePerFilter } from './per-filter.ts'
import { compileEdits, type HeaderEdits } from './header-mutations.ts'
import { compileHeaderMatch, compileQueryMatch, type RequestPredicate } from './match-header.ts'
import { compilePathMatch } from './match-path.ts'
import type { Predicate } from './match-string.ts'
import type { RequestView } from './request-view.ts'
import { RetryRule } from './retry-rule.ts'
import { compilePathRewrite, type PathRewrite } from './rewrite-path.ts'

/** One destination of a route with everything that depends on it prepared. */
export interface CompiledTarget {
  readonly cluster: string
  readonly weight: number
  readonly requestEdits: HeaderEdits | null
  readonly responseEdits: HeaderEdits | null
  /** Per-filter settings, the most specific of cluster, route and virtual host. */
  readonly perFilter: ReadonlyMap<string, unknown>
  /** Some filter is switched off here. */
  readonly disablesFilters: boolean
  /** All settings under this name, from the least specific to the most. */
  settingsOf(name: string): readonly unknown[]
}

const PARTS_PER_MILLION = 1_000_000

/** A route ready to be matched and followed. Immutable; shared by all requests that take it. */
export class CompiledRoute implements RouteFacts {
  readonly routeName: string
  readonly virtualHostName: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly action: RouteAction | RedirectAction | DirectResponseAction
  /** At least one; for redirects and direct answers it names no cluster. */
  readonly targets: readonly CompiledTarget[]
  readonly retry: RetryRule | null
  readonly rewrite: PathRewrite | null
  readonly addAttemptCount: boolean
  /** Text that a prefix rewrite or redirect replaces; empty for regular expressions. */
  readonly matchedPrefix: string
  private readonly totalWeight: number
  private readonly path: Predicate
  private readonly conditions: readonly RequestPredicate[]
  private readonly fractionPpm: number | null

  constructor(config: RouteConfig, host: VirtualHostConfig, table: HeaderMutations) {
    this.routeName = config.name
    this.virtualHostName = host.name
    this.metadata = config.metadata
    this.action = config.action
    this.path = compilePathMatch(config.match.path, config.match.caseSensitive)
    this.conditions = compileConditions(config)
    this.fractionPpm = config.match.runtimeFractionPpm
    this.targets = clustersOf(config).map(cluster => compileTarget(cluster, config, host, table))
    this.totalWeight = this.targets.reduce((sum, target) => sum + target.weight, 0)
    this.retry = retryOf(config, host)
    this.rewrite = compilePathRewrite(config)
    this.matchedPrefix = config.match.path.kind === 'regex' ? '' : config.match.path.value
    this.addAttemptCount = host.includeAttemptCount
  }

  /** `path` is the request's path without query. `random` gives numbers in [0, 1). */
  matches(request: RequestView, path: string, random: () => number): boolean {
    if (!this.path(path)) return false
    for (const condition of this.conditions) if (!condition(request)) return false
    return this.fractionPpm === null || random() * PARTS_PER_MILLION < this.fractionPpm
  }

  /** Chooses by weight. */
  target(random: () => number): CompiledTarget {
    const [first] = this.targets
    if (first === undefined) return NO_TARGET
    if (this.targets.length === 1 || this.totalWeight === 0) return first
    let point = random() * this.totalWeight
    for (const target of this.targets) {
      point -= target.weight
      if (point < 0) return target
    }
    return first
  }
}

const NO_TARGET: CompiledTarget = {
  cluster: '',
  weight: 1,
  requestEdits: null,
  responseEdits: null,
  ...compilePerFilter([]),
}

const NO_MUTATIONS: HeaderMutations = { requestAdd: [], requestRemove: [], responseAdd: [], responseRemove: [] }

function clustersOf(config: RouteConfig): readonly WeightedCluster[] {
  if (config.action.kind === 'route') return config.action.clusters
  return [{ name: '', weight: 1, headers: NO_MUTATIONS, perFilter: new Map() }]
}

function compileTarget(cluster: WeightedCluster, config: RouteConfig, host: VirtualHostConfig, table: HeaderMutations): CompiledTarget {
  const levels = [cluster.headers, config.headers, host.headers, table]
  return {
    cluster: cluster.name,
    weight: cluster.weight,
    requestEdits: compileEdits('request', levels),
    responseEdits: compileEdits('response', levels),
    ...compilePerFilter([host.perFilter, config.perFilter, cluster.perFilter]),
  }
}

function compileConditions(config: RouteConfig): readonly RequestPredicate[] {
  const conditions = [...config.match.headers.map(compileHeaderMatch), ...config.match.queryParameters.map(compileQueryMatch)]
  if (config.match.grpcOnly) conditions.push(request => isGrpc(request.requestHeaders.get('content-type')))
  return conditions
}

function isGrpc(contentType: string | null): boolean {
  return contentType === 'application/grpc' || contentType?.startsWith('application/grpc+') === true
}

function retryOf(config: RouteConfig, host: VirtualHostConfig): RetryRule | null {
  if (config.action.kind !== 'route') return null
  const policy = config.action.retry ?? host.retry
  return policy === null || policy.retryOn.length === 0 ? null : new RetryRule(policy)
}
