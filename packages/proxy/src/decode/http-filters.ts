import type { HttpFilter } from '@meshwork/protos/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager'
import type { FilterBlueprint } from '../filters/filter.ts'
import { ROUTER_FILTER } from '../filters/router/filter.ts'
import type { FilterCatalog } from './filter-codec.ts'
import type { Report } from './report.ts'

/** Filters whose configuration in the chain is an empty message: all they do is said per route, where it is decoded or refused. */
const CONFIGURED_PER_ROUTE: ReadonlySet<string> = new Set([
  'type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors',
  'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault',
])

/** The chain in its order. The router is found by its type, whatever it is called, and must be the last and only one. */
export function decodeHttpFilters(chain: readonly HttpFilter[], filters: FilterCatalog, report: Report): readonly FilterBlueprint[] {
  const decoded = chain.flatMap((filter, i) => decodeFilter(filter, filters, report.at(i)) ?? [])
  const routers = decoded.filter(isRouter).length
  const last = decoded.at(-1)
  if (report.violations.length === 0 && (routers !== 1 || last === undefined || !isRouter(last))) {
    report.refuse('no-router', 'must end with the router, and have no other')
  }
  return decoded
}

function isRouter({ name }: FilterBlueprint): boolean {
  return name === ROUTER_FILTER
}

function decodeFilter(filter: HttpFilter, filters: FilterCatalog, report: Report): FilterBlueprint | null {
  const config = filter.configType?.$case === 'typedConfig' ? filter.configType.value : undefined
  if (config === undefined) {
    if (!filter.isOptional) report.at('typed_config').refuse('required', `'${filter.name}' must have its configuration inline`)
    return null
  }
  const idle = filter.isOptional || (CONFIGURED_PER_ROUTE.has(config.typeUrl) && config.value.length === 0)
  if (idle && !filters.knows(config.typeUrl)) return null
  const blueprint = filters.decode(config, report.at('typed_config'))
  // The name in the chain is the key of per-route settings, so the configured one wins over the filter's own.
  if (blueprint === null || isRouter(blueprint)) {
    if (filter.disabled) report.at('disabled').refuse('unsupported-value', 'the router cannot be disabled')
    return blueprint
  }
  return { name: filter.name || blueprint.name, disabled: filter.disabled, compile: deps => blueprint.compile(deps) }
}
