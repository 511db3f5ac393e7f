import { FilterConfig } from '@meshwork/protos/envoy/config/route/v3/route_components'
import type { Any } from '@meshwork/protos/google/protobuf/any'
import { FILTER_DISABLED } from '../filters/filter.ts'
import type { FilterCatalog } from './filter-codec.ts'
import type { Report } from './report.ts'

const WRAPPER = 'type.googleapis.com/envoy.config.route.v3.FilterConfig'

/** `typed_per_filter_config`: settings of filters we do not have are refused unless they are marked optional. */
export function decodePerFilter(
  configs: Readonly<Record<string, Any>>,
  filters: FilterCatalog,
  report: Report,
): ReadonlyMap<string, unknown> {
  const settings = new Map<string, unknown>()
  for (const [name, config] of Object.entries(configs)) {
    const value = decodeSettings(config, filters, report.at(`typed_per_filter_config["${name}"]`))
    if (value !== undefined) settings.set(name, value)
  }
  return settings
}

function decodeSettings(config: Any, filters: FilterCatalog, report: Report): unknown {
  if (config.typeUrl !== WRAPPER) return filters.decodePerRoute(config, report)
  const { config: inner, disabled, isOptional } = FilterConfig.decode(config.value)
  if (disabled) return FILTER_DISABLED
  if (inner === undefined) {
    report.at('config').refuse('required', 'must be set, or the filter disabled')
    return undefined
  }
  return isOptional && !filters.knowsPerRoute(inner.typeUrl) ? undefined : filters.decodePerRoute(inner, report.at('config'))
}
