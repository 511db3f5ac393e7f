import type { ConfigDump } from '../../mesh-api/config-dump.ts'
import { matchSummary } from '../../mesh-api/match-summary.ts'
import type { RowOrigin, RowOrigins } from '../../mesh-api/row-origins.ts'
import { asList, asObject, asText, at, type Json } from '../../mesh-api/json-reader.ts'

export interface RouteRow extends RowOrigin {
  /** Name of the route configuration. */
  readonly name: string
  readonly virtualHost: string
  readonly domains: readonly string[]
  readonly match: string
  readonly target: string
}

export function routeRows(dump: ConfigDump, origins: RowOrigins): readonly RouteRow[] {
  const tables = oncePerName([...dump.routes, ...inlineRoutes(dump)])
  return tables.flatMap(table =>
    asList(table['virtual_hosts'])
      .map(asObject)
      .flatMap(host =>
        asList(host['routes'])
          .map(asObject)
          .map(route => ({
            name: asText(table['name']),
            virtualHost: asText(host['name']),
            domains: asList(host['domains']).map(asText),
            match: matchSummary(asObject(route['match'])),
            target: targetOf(route),
            ...origins.ofRoute(route, matchSummary(asObject(route['match'])), asText(host['name'])),
          })),
      ),
  )
}

/** Inbound listeners carry their routes with them; a dump may list those once more. */
function inlineRoutes(dump: ConfigDump): readonly Json[] {
  const chains = dump.listeners.flatMap(listener => asList(listener['filter_chains']))
  const tables = chains.flatMap(chain => asList(at(chain, 'filters'))).map(filter => asObject(at(filter, 'typed_config', 'route_config')))
  return tables.filter(table => asText(table['name']) !== '')
}

/** One table per name: all that share a name are copies of one. */
function oncePerName(tables: readonly Json[]): readonly Json[] {
  return [...new Map(tables.map(table => [asText(table['name']), table])).values()]
}

function targetOf(route: Json): string {
  const action = asObject(route['route'])
  const cluster = asText(action['cluster'])
  if (cluster !== '') return cluster
  const weighted = asList(at(action, 'weighted_clusters', 'clusters'))
  if (weighted.length > 0) return weighted.map(each => `${asText(at(each, 'name'))} ${asText(at(each, 'weight')) || '0'}`).join(', ')
  if (route['redirect'] !== undefined) return 'redirect'
  const direct = asText(at(route, 'direct_response', 'status'))
  return direct === '' ? '' : `answer ${direct}`
}
