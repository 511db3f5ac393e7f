import type { AddedFilter, ObjectOf } from '@meshwork/config/kinds'
import type { CompiledPatch } from './compiled-patch.ts'
import { currentName } from './filter-names.ts'
import { PATCHED_TYPES } from './patch-types.ts'
import { ignoredParts, readMessage, typedStructAny } from './read-message.ts'

/** Types of the filters that 1.0's configurations name, by today's names. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['envoy.filters.http.buffer', 'envoy.extensions.filters.http.buffer.v3.Buffer'],
  ['envoy.filters.http.cors', 'envoy.extensions.filters.http.cors.v3.Cors'],
  ['envoy.filters.http.csrf', 'envoy.extensions.filters.http.csrf.v3.CsrfPolicy'],
  ['envoy.filters.http.ext_authz', 'envoy.extensions.filters.http.ext_authz.v3.ExtAuthz'],
  ['envoy.filters.http.fault', 'envoy.extensions.filters.http.fault.v3.HTTPFault'],
  ['envoy.filters.http.grpc_web', 'envoy.extensions.filters.http.grpc_web.v3.GrpcWeb'],
  ['envoy.filters.http.health_check', 'envoy.extensions.filters.http.health_check.v3.HealthCheck'],
  ['envoy.filters.http.ip_tagging', 'envoy.extensions.filters.http.ip_tagging.v3.IPTagging'],
  ['envoy.filters.http.lua', 'envoy.extensions.filters.http.lua.v3.Lua'],
  ['envoy.filters.http.ratelimit', 'envoy.extensions.filters.http.ratelimit.v3.RateLimit'],
  ['envoy.filters.http.rbac', 'envoy.extensions.filters.http.rbac.v3.RBAC'],
  ['envoy.filters.network.echo', 'envoy.extensions.filters.network.echo.v3.Echo'],
  ['envoy.filters.network.mongo_proxy', 'envoy.extensions.filters.network.mongo_proxy.v3.MongoProxy'],
  ['envoy.filters.network.rbac', 'envoy.extensions.filters.network.rbac.v3.RBAC'],
  ['envoy.filters.network.redis_proxy', 'envoy.extensions.filters.network.redis_proxy.v3.RedisProxy'],
  ['envoy.filters.network.tcp_proxy', 'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy'],
])

/** A filter of 1.0's form as today's patch (traffic.md 1.5), or why it cannot be one. */
export function compileLegacyFilter(object: ObjectOf<'EnvoyFilter'>, filter: AddedFilter, index: number): CompiledPatch | string {
  const { meta, origin } = object
  const name = currentName(filter.filterName)
  const type = TYPES.get(name)
  const written = filter.filterConfig ?? {}
  const config = name === 'envoy.filters.http.fault' ? newerFault(written) : written
  const shared = {
    operation: 'ADD' as const,
    match: { context: filter.listenerMatch.listenerType },
    legacy: { listener: filter.listenerMatch, position: filter.insertPosition },
    origin,
    label: `EnvoyFilter ${meta.namespace}/${meta.name} spec.filters[${index}]`,
    path: `spec.filters[${index}]`,
    ignored: [],
  }
  if (type === undefined) {
    // Its type may be its name; Envoy finds the filter by that and reads the settings itself.
    const any = typedStructAny(`type.googleapis.com/${name}`, config)
    const configType = { $case: 'typedConfig' as const, value: any }
    return filter.filterType === 'HTTP'
      ? { place: 'HTTP_FILTER', value: { name, configType, isOptional: false, disabled: false }, ...shared }
      : { place: 'NETWORK_FILTER', value: { name, configType }, ...shared }
  }
  const json = { name, typed_config: { '@type': `type.googleapis.com/${type}`, ...config } }
  const place = filter.filterType === 'HTTP' ? 'HTTP_FILTER' : 'NETWORK_FILTER'
  const value = readMessage(PATCHED_TYPES[place], json)
  if (value.kind === 'err') return `spec.filters[${index}].filterConfig: ${value.error}`
  const { message, ignored } = value.value
  return { place, value: message, ...shared, ignored: ignoredParts(`spec.filters[${index}]`, ignored) }
}

/** Shares were whole percents in Envoy's API v2. */
function newerFault(config: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const newer = (part: unknown): unknown => {
    if (typeof part !== 'object' || part === null || !('percent' in part)) return part
    const { percent, ...rest } = part
    return { ...rest, percentage: { numerator: percent, denominator: 'HUNDRED' } }
  }
  return Object.fromEntries(Object.entries(config).map(([key, part]) => [key, key === 'abort' || key === 'delay' ? newer(part) : part]))
}
