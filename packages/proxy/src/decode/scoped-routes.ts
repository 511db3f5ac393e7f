import type { ConfigSource } from '@meshwork/protos/envoy/config/core/v3/config_source'
import type { ScopedRouteConfiguration } from '@meshwork/protos/envoy/config/route/v3/scoped_route'
import type {
  ScopedRoutes,
  ScopedRoutes_ScopeKeyBuilder_FragmentBuilder,
} from '@meshwork/protos/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager'
import type { ScopeConfig, ScopedRoutesConfig, ScopeFragment } from '../model/scoped-routes.ts'
import { scopeKey } from '../route/scope-key.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import type { FilterCatalog } from './filter-codec.ts'
import type { Report } from './report.ts'
import { decodeRouteTable } from './route-table.ts'
import { required } from './scalars.ts'

const FIELDS: FieldPolicy<ScopedRoutes> = {
  read: ['name', 'scopeKeyBuilder', 'configSpecifier', 'rdsConfigSource'],
  harmless: [],
}
/** Tables of scopes that may be loaded at the first request for them are loaded at once. */
const SCOPE_FIELDS: FieldPolicy<ScopedRouteConfiguration> = {
  read: ['name', 'routeConfigurationName', 'routeConfiguration', 'key'],
  harmless: ['onDemand'],
}

/** `HttpConnectionManager.scoped_routes` */
export function decodeScopedRoutes(scoped: ScopedRoutes, filters: FilterCatalog, report: Report): ScopedRoutesConfig {
  refuseOtherFields(scoped, FIELDS, report)
  required(scoped.name, report.at('name'))
  const fragments = scoped.scopeKeyBuilder?.fragments ?? []
  const builder = report.at('scope_key_builder', 'fragments')
  if (fragments.length === 0) builder.refuse('required', 'must not be empty')
  refuseOtherSource(scoped.rdsConfigSource, report.at('rds_config_source'))
  return {
    kind: 'scoped',
    key: fragments.map((fragment, i) => decodeFragment(fragment, builder.at(i))),
    scopes: decodeScopes(scoped.configSpecifier, filters, report),
  }
}

function decodeScopes(specifier: ScopedRoutes['configSpecifier'], filters: FilterCatalog, report: Report): readonly ScopeConfig[] | null {
  if (specifier?.$case === 'scopedRds') {
    const at = report.at('scoped_rds')
    refuseOtherSource(specifier.value.scopedRdsConfigSource, at.at('scoped_rds_config_source'))
    refuseOtherFields(specifier.value, { read: ['scopedRdsConfigSource'], harmless: [] }, at)
    return null
  }
  const list = report.at('scoped_route_configurations_list', 'scoped_route_configurations')
  if (specifier === undefined) report.refuse('required', 'must have scoped_route_configurations_list or scoped_rds')
  const scopes = (specifier?.value.scopedRouteConfigurations ?? []).map((scope, i) => decodeScope(scope, filters, list.at(i)))
  const seen = new Map<string, string>()
  for (const [i, { name, key }] of scopes.entries()) {
    const other = seen.get(scopeKey(key))
    if (other !== undefined) list.at(i, 'key').refuse('repeated', `scope '${other}' has the same key`)
    seen.set(scopeKey(key), name)
  }
  return scopes
}

/** `envoy.config.route.v3.ScopedRouteConfiguration`, whether it came by SRDS or stands in a listener. */
export function decodeScope(scope: ScopedRouteConfiguration, filters: FilterCatalog, report: Report): ScopeConfig {
  refuseOtherFields(scope, SCOPE_FIELDS, report)
  const fragments = scope.key?.fragments ?? []
  if (fragments.length === 0) report.at('key', 'fragments').refuse('required', 'must not be empty')
  return {
    name: required(scope.name, report.at('name')),
    key: fragments.map(({ type }, i) => {
      if (type === undefined) report.at('key', 'fragments', i).refuse('required', 'must have string_key')
      return type?.value ?? ''
    }),
    routes:
      scope.routeConfiguration === undefined
        ? { kind: 'rds', name: required(scope.routeConfigurationName, report.at('route_configuration_name')) }
        : { kind: 'inline', table: decodeRouteTable(scope.routeConfiguration, filters, report.at('route_configuration')) },
  }
}

function decodeFragment({ type }: ScopedRoutes_ScopeKeyBuilder_FragmentBuilder, parent: Report): ScopeFragment {
  const report = parent.at('header_value_extractor')
  if (type === undefined) report.refuse('required', 'must be set')
  const { name = '', elementSeparator: separator = '', extractType: extract } = type?.value ?? {}
  const header = required(name, report.at('name')).toLowerCase()
  if (extract?.$case === 'element') {
    const at = report.at('element')
    const { key, separator: inner } = extract.value
    return {
      header,
      separator,
      pick: { kind: 'element', key: required(key, at.at('key')), separator: required(inner, at.at('separator')) },
    }
  }
  if (extract === undefined && type !== undefined) report.refuse('required', 'must have index or element')
  const index = extract?.value ?? 0
  if (separator === '' && index > 0) report.at('index').refuse('out-of-range', 'without element_separator there is one element')
  return { header, separator, pick: { kind: 'index', index } }
}

/** Scopes and their tables come from where everything comes from. */
function refuseOtherSource(source: ConfigSource | undefined, report: Report): void {
  const kind = source?.configSourceSpecifier?.$case
  if (kind === undefined || kind === 'ads') return
  const field = { path: 'path', pathConfigSource: 'path_config_source', apiConfigSource: 'api_config_source', self: 'self' }[kind]
  if (kind !== 'apiConfigSource' && kind !== 'self') report.at(field).refuse('unsupported-source', 'must be ads')
}
