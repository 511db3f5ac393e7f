import type { Slot } from '@meshwork/core/metrics'
import {
  CONTINUE,
  type FilterBlueprint,
  type FilterDeps,
  type FilterStatus,
  type FilterStream,
  type HttpFilter,
  REPLIED,
} from '../filter.ts'

export const CORS_FILTER = 'envoy.filters.http.cors'

/** One level's `CorsPolicy`; what it leaves out comes from the level below. null or empty: not said. */
interface CorsFields {
  readonly origins: readonly ((origin: string) => boolean)[]
  readonly allowMethods: string
  readonly allowHeaders: string
  readonly exposeHeaders: string
  readonly maxAge: string
  readonly allowCredentials: boolean | null
  readonly allowPrivateNetwork: boolean | null
  readonly forwardsForeignPreflights: boolean | null
  /** Parts of a million. */
  readonly enabledPpm: number
  readonly shadowPpm: number
}

/** Per-route settings of the filter. */
export class CorsSettings {
  readonly fields: CorsFields

  constructor(fields: CorsFields) {
    this.fields = fields
  }
}

/** `envoy.extensions.filters.http.cors.v3.Cors`: all it does is said per route. */
export function corsBlueprint(): FilterBlueprint {
  return { name: CORS_FILTER, compile: deps => new CorsFilter(deps) }
}

/** What was found of a request from an allowed origin. */
class CorsRequest {
  readonly origin: string
  readonly policy: CorsFields

  constructor(origin: string, policy: CorsFields) {
    this.origin = origin
    this.policy = policy
  }
}

/** Answers preflights and marks answers (Fetch standard, CORS protocol). */
class CorsFilter implements HttpFilter {
  private readonly deps: FilterDeps
  private readonly valid: Slot
  private readonly invalid: Slot
  /** By the levels' settings, which a route gives as the same list each time. */
  private readonly merged = new WeakMap<readonly unknown[], CorsFields>()

  constructor(deps: FilterDeps) {
    this.deps = deps
    this.valid = deps.stats.counter('cors.origin_valid')
    this.invalid = deps.stats.counter('cors.origin_invalid')
  }

  onRequestHead(stream: FilterStream): FilterStatus {
    // Routes that lead to no cluster have no policy, as in Envoy.
    const policy = stream.clusterName === '' ? null : this.policyOf(stream)
    if (policy === null) return CONTINUE
    const enabled = this.draws(policy.enabledPpm)
    if (!enabled && !this.draws(policy.shadowPpm)) return CONTINUE
    const origin = stream.requestHeaders.get('origin')
    if (origin === null || origin === '') return CONTINUE
    const { registry } = this.deps.stats
    if (!policy.origins.some(allows => allows(origin))) {
      registry.add(this.invalid, 1)
      return enabled ? refuseForeign(stream, policy) : CONTINUE
    }
    registry.add(this.valid, 1)
    if (!enabled) return CONTINUE
    if (isPreflight(stream)) {
      stream.reply(200, '', 0, 'cors_response', preflightHeaders(stream, origin, policy))
      return REPLIED
    }
    stream.setState(this.deps.slot, new CorsRequest(origin, policy))
    return CONTINUE
  }

  onResponseHead(stream: FilterStream): FilterStatus {
    const request = stream.state(this.deps.slot)
    const headers = stream.responseHeaders
    if (!(request instanceof CorsRequest) || headers === null) return CONTINUE
    headers.set('access-control-allow-origin', request.origin)
    if (request.policy.allowCredentials === true) headers.set('access-control-allow-credentials', 'true')
    if (request.policy.exposeHeaders !== '') headers.set('access-control-expose-headers', request.policy.exposeHeaders)
    return CONTINUE
  }

  private policyOf(stream: FilterStream): CorsFields | null {
    const levels = stream.allSettings(this.deps.slot)
    if (levels.length === 0) return null
    const known = this.merged.get(levels)
    if (known !== undefined) return known
    const policy = mergePolicies(levels)
    if (policy !== null) this.merged.set(levels, policy)
    return policy
  }

  private draws(ppm: number): boolean {
    return ppm >= 1_000_000 || (ppm > 0 && this.deps.random() * 1_000_000 < ppm)
  }
}

/** From the least specific level to the most: what is said there wins. */
function mergePolicies(levels: readonly unknown[]): CorsFields | null {
  const policies = levels.filter(level => level instanceof CorsSettings).map(({ fields }) => fields)
  if (policies.length === 0) return null
  return policies.reduce((below, own) => ({
    origins: own.origins.length > 0 ? own.origins : below.origins,
    allowMethods: own.allowMethods || below.allowMethods,
    allowHeaders: own.allowHeaders || below.allowHeaders,
    exposeHeaders: own.exposeHeaders || below.exposeHeaders,
    maxAge: own.maxAge || below.maxAge,
    allowCredentials: own.allowCredentials ?? below.allowCredentials,
    allowPrivateNetwork: own.allowPrivateNetwork ?? below.allowPrivateNetwork,
    forwardsForeignPreflights: own.forwardsForeignPreflights ?? below.forwardsForeignPreflights,
    enabledPpm: own.enabledPpm,
    shadowPpm: own.shadowPpm,
  }))
}

function isPreflight({ method, requestHeaders }: FilterStream): boolean {
  return method === 'OPTIONS' && (requestHeaders.get('access-control-request-method') ?? '') !== ''
}

/** The upstream answers preflights of other origins, unless it shall not see them (forward_not_matching_preflights). */
function refuseForeign(stream: FilterStream, policy: CorsFields): FilterStatus {
  if (policy.forwardsForeignPreflights !== false || !isPreflight(stream)) return CONTINUE
  stream.reply(200, '', 0, 'cors_response', preflightHeaders(stream, null, policy))
  return REPLIED
}

/** `origin`: null for one that is not allowed. */
function preflightHeaders(stream: FilterStream, origin: string | null, policy: CorsFields): readonly (readonly [string, string])[] {
  const headers: [string, string][] = origin === null ? [] : [['access-control-allow-origin', origin]]
  if (policy.allowCredentials === true) headers.push(['access-control-allow-credentials', 'true'])
  if (policy.allowMethods !== '') headers.push(['access-control-allow-methods', policy.allowMethods])
  if (policy.allowHeaders !== '') headers.push(['access-control-allow-headers', policy.allowHeaders])
  if (policy.exposeHeaders !== '') headers.push(['access-control-expose-headers', policy.exposeHeaders])
  if (policy.maxAge !== '') headers.push(['access-control-max-age', policy.maxAge])
  const asksPrivate = stream.requestHeaders.get('access-control-request-private-network') === 'true'
  if (policy.allowPrivateNetwork === true && asksPrivate) headers.push(['access-control-allow-private-network', 'true'])
  return headers
}
