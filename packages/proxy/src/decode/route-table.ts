import type { RouteConfiguration } from '@meshwork/protos/envoy/config/route/v3/route'
import { type Route, type VirtualHost, VirtualHost_TlsRequirementType } from '@meshwork/protos/envoy/config/route/v3/route_components'
import type { RouteConfig, RouteMatch, RouteTableConfig, VirtualHostConfig } from '../model/route.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import type { FilterCatalog } from './filter-codec.ts'
import { decodeHeaderMutations, HEADER_FIELDS } from './header-mutations.ts'
import { decodeMirrors } from './mirror-policy.ts'
import { decodePerFilter } from './per-filter.ts'
import { decodeDirectResponse, decodeRedirect, DEFAULT_DIRECT_BODY_BYTES } from './redirect.ts'
import { decodeRateLimits } from './rate-limits.ts'
import type { Report } from './report.ts'
import { MAX_ROUTES, tooManyRoutes } from './resource-limits.ts'
import { decodeRetryPolicy } from './retry-policy.ts'
import { decodeRouteAction } from './route-action.ts'
import type { Matcher } from '../model/matcher.ts'
import { decodeRouteMatch } from './route-match.ts'
import { decodeRouteMatcher } from './route-matcher.ts'
import { filterMetadata } from './scalars.ts'

const TABLE_FIELDS: FieldPolicy<RouteConfiguration> = {
  read: [
    'name',
    'virtualHosts',
    'ignorePortInHostMatching',
    'ignorePathParametersInPathMatching',
    'mostSpecificHeaderMutationsWins',
    'maxDirectResponseBodySizeBytes',
    'requestMirrorPolicies',
    'typedPerFilterConfig',
    ...HEADER_FIELDS,
  ],
  // A route may name a cluster that does not exist; such requests are answered 503 (`validate_clusters` is for static tables).
  harmless: ['validateClusters', 'metadata'],
}

const HOST_FIELDS: FieldPolicy<VirtualHost> = {
  read: [
    'name',
    'domains',
    'routes',
    'matcher',
    'requireTls',
    'retryPolicy',
    'includeRequestAttemptCount',
    'includeAttemptCountInResponse',
    'includeIsTimeoutRetryHeader',
    'perRequestBufferLimitBytes',
    'requestMirrorPolicies',
    'typedPerFilterConfig',
    ...HEADER_FIELDS,
  ],
  // Statistics, and what only a rate limit filter reads.
  harmless: ['virtualClusters', 'metadata'],
}

const ROUTE_FIELDS: FieldPolicy<Route> = {
  read: ['name', 'match', 'action', 'metadata', 'typedPerFilterConfig', 'perRequestBufferLimitBytes', 'decorator', ...HEADER_FIELDS],
  // Tags of spans and statistics.
  harmless: ['tracing', 'statPrefix'],
}

/** `envoy.config.route.v3.RouteConfiguration`, whether it came by RDS or stands in a listener. */
export function decodeRouteTable(table: RouteConfiguration, filters: FilterCatalog, report: Report): RouteTableConfig {
  refuseOtherFields(table, TABLE_FIELDS, report)
  const routes = table.virtualHosts.reduce((sum, host) => sum + host.routes.length, 0)
  if (routes > MAX_ROUTES) report.include([tooManyRoutes(report.at('virtual_hosts').path, routes)])
  refuseRepeatedDomains(table.virtualHosts, report)
  const context = { filters, maxBodyBytes: table.maxDirectResponseBodySizeBytes ?? DEFAULT_DIRECT_BODY_BYTES }
  return {
    name: table.name,
    virtualHosts: table.virtualHosts.map((host, i) => decodeVirtualHost(host, context, report.at('virtual_hosts', i))),
    ignorePortInHost: table.ignorePortInHostMatching,
    ignorePathParameters: table.ignorePathParametersInPathMatching,
    headers: decodeHeaderMutations(table, report),
    mostSpecificHeadersWin: table.mostSpecificHeaderMutationsWins,
    mirrors: decodeMirrors(table.requestMirrorPolicies, report),
    perFilter: decodePerFilter(table.typedPerFilterConfig, filters, report),
  }
}

/** What decoding the parts of a table needs of the whole. */
interface TableContext {
  readonly filters: FilterCatalog
  /** Longest body of a direct response. */
  readonly maxBodyBytes: number
}

const TLS_REQUIREMENTS: ReadonlyMap<number, VirtualHostConfig['requireTls']> = new Map([
  [VirtualHost_TlsRequirementType.NONE, 'none'],
  [VirtualHost_TlsRequirementType.EXTERNAL_ONLY, 'external-only'],
  [VirtualHost_TlsRequirementType.ALL, 'all'],
])

/** A domain may stand in one virtual host only (VirtualHost.domains). */
function refuseRepeatedDomains(hosts: readonly VirtualHost[], report: Report): void {
  const seen = new Set<string>()
  for (const [i, host] of hosts.entries()) {
    for (const [j, domain] of host.domains.entries()) {
      const lower = domain.toLowerCase()
      if (seen.has(lower)) report.at('virtual_hosts', i, 'domains', j).refuse('repeated-domain', `'${domain}' is listed twice`)
      seen.add(lower)
    }
  }
}

function decodeVirtualHost(host: VirtualHost, context: TableContext, report: Report): VirtualHostConfig {
  refuseOtherFields(host, HOST_FIELDS, report)
  if (host.domains.length === 0) report.at('domains').refuse('required', 'must not be empty')
  for (const [i, domain] of host.domains.entries()) {
    if (!isDomain(domain)) report.at('domains', i).refuse('bad-domain', `'${domain}' must be a name, '*.name', 'name.*' or '*'`)
  }
  const requireTls = TLS_REQUIREMENTS.get(host.requireTls)
  if (requireTls === undefined) report.at('require_tls').refuse('unknown-value', `${host.requireTls} is not a requirement`)
  return {
    name: host.name,
    domains: host.domains.map(domain => domain.toLowerCase()),
    requireTls: requireTls ?? 'none',
    includeAttemptCount: host.includeRequestAttemptCount,
    includeAttemptCountInResponse: host.includeAttemptCountInResponse,
    includeIsTimeoutRetry: host.includeIsTimeoutRetryHeader,
    mirrors: decodeMirrors(host.requestMirrorPolicies, report),
    rateLimits: decodeRateLimits(host.rateLimits, report),
    bufferLimit: host.perRequestBufferLimitBytes ?? null,
    routes: host.routes.map((route, i) => decodeRoute(route, context, report.at('routes', i))),
    matcher: matcherOf(host, context, report),
    headers: decodeHeaderMutations(host, report),
    retry: decodeRetryPolicy(host.retryPolicy, report.at('retry_policy')),
    perFilter: decodePerFilter(host.typedPerFilterConfig, context.filters, report),
  }
}

function matcherOf({ matcher, routes }: VirtualHost, context: TableContext, report: Report): Matcher<readonly RouteConfig[]> | null {
  if (matcher === undefined) return null
  if (routes.length > 0) report.at('matcher').refuse('two-ways', "must not stand beside 'routes'")
  return decodeRouteMatcher(matcher, (route, at) => decodeRoute(route, context, at), report.at('matcher'))
}

/** At most one star, and that at one end. */
function isDomain(domain: string): boolean {
  return domain !== '' && !/[*].*[*]/.test(domain) && !/[^*][*][^*]/.test(domain)
}

function decodeRoute(route: Route, context: TableContext, report: Report): RouteConfig {
  refuseOtherFields(route, ROUTE_FIELDS, report)
  const match = decodeRouteMatch(route.match, report.at('match'))
  return {
    name: route.name,
    match,
    action: decodeAction(route, match, context, report),
    headers: decodeHeaderMutations(route, report),
    perFilter: decodePerFilter(route.typedPerFilterConfig, context.filters, report),
    metadata: filterMetadata(route.metadata),
    bufferLimit: route.perRequestBufferLimitBytes ?? null,
    decorator: decodeDecorator(route, report.at('decorator')),
  }
}

function decodeDecorator({ decorator }: Route, report: Report): RouteConfig['decorator'] {
  if (decorator === undefined) return null
  if (decorator.operation === '') report.at('operation').refuse('required', 'must not be empty')
  return { operation: decorator.operation, propagate: decorator.propagate ?? true }
}

function decodeAction({ action, match: written }: Route, match: RouteMatch, context: TableContext, report: Report): RouteConfig['action'] {
  switch (action?.$case) {
    case 'route':
      return decodeRouteAction(action.value, written, match.path, context.filters, report.at('route'))
    case 'redirect':
      return decodeRedirect(action.value, report.at('redirect'))
    case 'directResponse':
      return decodeDirectResponse(action.value, context.maxBodyBytes, report.at('direct_response'))
    case 'nonForwardingAction':
      return { kind: 'non-forwarding' }
    default:
      report.refuse('unsupported-action', action === undefined ? 'must have an action' : `'${action.$case}' is not supported`)
      return { kind: 'direct-response', status: 503, body: '' }
  }
}
