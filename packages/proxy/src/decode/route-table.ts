import type { RouteConfiguration } from '@meshwork/protos/envoy/config/route/v3/route'
import { type Route, type VirtualHost, VirtualHost_TlsRequirementType } from '@meshwork/protos/envoy/config/route/v3/route_components'
import type { RouteConfig, RouteTableConfig, VirtualHostConfig } from '../model/route.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import type { FilterCatalog } from './filter-codec.ts'
import { decodeHeaderMutations, HEADER_FIELDS } from './header-mutations.ts'
import { decodePerFilter } from './per-filter.ts'
import { decodeDirectResponse, decodeRedirect } from './redirect.ts'
import type { Report } from './report.ts'
import { decodeRetryPolicy } from './retry-policy.ts'
import { decodeRouteAction } from './route-action.ts'
import { decodeRouteMatch } from './route-match.ts'
import { filterMetadata } from './scalars.ts'

const TABLE_FIELDS: FieldPolicy<RouteConfiguration> = {
  read: ['name', 'virtualHosts', 'ignorePortInHostMatching', ...HEADER_FIELDS],
  // A route may name a cluster that does not exist; such requests are answered 503 (`validate_clusters` is for static tables).
  harmless: ['validateClusters', 'maxDirectResponseBodySizeBytes', 'metadata'],
}

const HOST_FIELDS: FieldPolicy<VirtualHost> = {
  read: ['name', 'domains', 'routes', 'requireTls', 'retryPolicy', 'includeRequestAttemptCount', 'typedPerFilterConfig', ...HEADER_FIELDS],
  harmless: [
    'includeAttemptCountInResponse',
    'includeIsTimeoutRetryHeader',
    'virtualClusters',
    'rateLimits',
    'perRequestBufferLimitBytes',
    'metadata',
  ],
}

const ROUTE_FIELDS: FieldPolicy<Route> = {
  read: ['name', 'match', 'action', 'metadata', 'typedPerFilterConfig', ...HEADER_FIELDS],
  // Names of spans and statistics.
  harmless: ['decorator', 'tracing', 'statPrefix', 'perRequestBufferLimitBytes'],
}

/** `envoy.config.route.v3.RouteConfiguration`, whether it came by RDS or stands in a listener. */
export function decodeRouteTable(table: RouteConfiguration, filters: FilterCatalog, report: Report): RouteTableConfig {
  refuseOtherFields(table, TABLE_FIELDS, report)
  refuseRepeatedDomains(table.virtualHosts, report)
  return {
    name: table.name,
    virtualHosts: table.virtualHosts.map((host, i) => decodeVirtualHost(host, filters, report.at('virtual_hosts', i))),
    ignorePortInHost: table.ignorePortInHostMatching,
    headers: decodeHeaderMutations(table, report),
  }
}

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

function decodeVirtualHost(host: VirtualHost, filters: FilterCatalog, report: Report): VirtualHostConfig {
  refuseOtherFields(host, HOST_FIELDS, report)
  if (host.domains.length === 0) report.at('domains').refuse('required', 'must not be empty')
  for (const [i, domain] of host.domains.entries()) {
    if (!isDomain(domain)) report.at('domains', i).refuse('bad-domain', `'${domain}' must be a name, '*.name', 'name.*' or '*'`)
  }
  if (host.requireTls !== VirtualHost_TlsRequirementType.NONE && host.requireTls !== VirtualHost_TlsRequirementType.ALL) {
    report.at('require_tls').refuse('unsupported-field', 'must be NONE or ALL')
  }
  return {
    name: host.name,
    domains: host.domains.map(domain => domain.toLowerCase()),
    requireTls: host.requireTls === VirtualHost_TlsRequirementType.ALL,
    includeAttemptCount: host.includeRequestAttemptCount,
    routes: host.routes.map((route, i) => decodeRoute(route, filters, report.at('routes', i))),
    headers: decodeHeaderMutations(host, report),
    retry: decodeRetryPolicy(host.retryPolicy, report.at('retry_policy')),
    perFilter: decodePerFilter(host.typedPerFilterConfig, filters, report),
  }
}

/** At most one star, and that at one end. */
function isDomain(domain: string): boolean {
  return domain !== '' && !/[*].*[*]/.test(domain) && !/[^*][*][^*]/.test(domain)
}

function decodeRoute(route: Route, filters: FilterCatalog, report: Report): RouteConfig {
  refuseOtherFields(route, ROUTE_FIELDS, report)
  return {
    name: route.name,
    match: decodeRouteMatch(route.match, report.at('match')),
    action: decodeAction(route.action, filters, report),
    headers: decodeHeaderMutations(route, report),
    perFilter: decodePerFilter(route.typedPerFilterConfig, filters, report),
    metadata: filterMetadata(route.metadata),
  }
}

function decodeAction(action: Route['action'], filters: FilterCatalog, report: Report): RouteConfig['action'] {
  switch (action?.$case) {
    case 'route':
      return decodeRouteAction(action.value, filters, report.at('route'))
    case 'redirect':
      return decodeRedirect(action.value, report.at('redirect'))
    case 'directResponse':
      return decodeDirectResponse(action.value, report.at('direct_response'))
    default:
      report.refuse('unsupported-action', action === undefined ? 'must have an action' : `'${action.$case}' is not supported`)
      return { kind: 'direct-response', status: 503, body: '' }
  }
}
