import { FilterConfig } from '@meshwork/protos/envoy/config/route/v3/route_components'
import type { Any } from '@meshwork/protos/google/protobuf/any'
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
    const inner = report.at(`typed_per_filter_config["${name}"]`)
    const unwrapped = config.typeUrl === WRAPPER ? unwrap(config, inner) : config
    if (unwrapped === null || (isOptional(config) && !filters.knowsPerRoute(unwrapped.typeUrl))) continue
    const value = filters.decodePerRoute(unwrapped, inner)
    if (value !== undefined) settings.set(name, value)
  }
  return settings
}

function unwrap(config: Any, report: Report): Any | null {
  const { config: inner, disabled } = FilterConfig.decode(config.value)
  if (disabled) report.at('disabled').refuse('unsupported-field', 'is not supported')
  return inner ?? null
}

function isOptional(config: Any): boolean {
  return config.typeUrl === WRAPPER && FilterConfig.decode(config.value).isOptional
}
