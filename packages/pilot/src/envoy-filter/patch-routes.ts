import type { PatchContext, RouteConfigurationMatch } from '@meshwork/config/kinds'
import type { RouteConfiguration } from '@meshwork/protos/envoy/config/route/v3/route'
import type { Route, VirtualHost } from '@meshwork/protos/envoy/config/route/v3/route_components'
import { type CompiledPatch, patchesOf } from './compiled-patch.ts'
import { mergeMessages } from './merge-messages.ts'
import { patchList } from './patch-list.ts'
import { PATCHED_TYPES } from './patch-types.ts'

export type Failed = (patch: CompiledPatch, reason: string) => void

/** A route table after the patches of one context. */
export function patchRouteTable(
  table: RouteConfiguration,
  patches: readonly CompiledPatch[],
  context: PatchContext,
  failed: Failed,
): RouteConfiguration {
  const applicable = patches.filter(({ match }) => matchesTable(table.name, match.routeConfiguration, context))
  let result = table
  for (const patch of patchesOf(applicable, 'ROUTE_CONFIGURATION')) {
    if (patch.operation !== 'MERGE' || patch.value === null) continue
    const merged = mergeMessages(PATCHED_TYPES.ROUTE_CONFIGURATION, result, patch.value)
    if (merged.kind === 'ok') result = merged.value
    else failed(patch, merged.error)
  }
  const hosts = patchHosts(result.virtualHosts, applicable, failed)
  return hosts === result.virtualHosts ? result : { ...result, virtualHosts: [...hosts] }
}

function patchHosts(hosts: VirtualHost[], patches: readonly CompiledPatch[], failed: Failed): readonly VirtualHost[] {
  let result: readonly VirtualHost[] = hosts
  for (const patch of patchesOf(patches, 'VIRTUAL_HOST')) {
    const wanted = patch.match.routeConfiguration?.vhost
    result = patchList(result, {
      operation: patch.operation,
      value: patch.value,
      picks: wanted !== undefined,
      matches: host => matchesHost(host, wanted),
      merge: (host, value) => mergeMessages(PATCHED_TYPES.VIRTUAL_HOST, host, value),
      failed: reason => failed(patch, reason),
    })
  }
  const routePatches = patchesOf(patches, 'HTTP_ROUTE')
  return routePatches.length === 0 ? result : result.map(host => patchRoutes(host, routePatches, failed))
}

function patchRoutes(host: VirtualHost, patches: readonly CompiledPatch<'HTTP_ROUTE'>[], failed: Failed): VirtualHost {
  let routes: readonly Route[] = host.routes
  for (const patch of patches) {
    const vhost = patch.match.routeConfiguration?.vhost
    if (!matchesHost(host, vhost)) continue
    routes = patchList(routes, {
      operation: patch.operation,
      value: patch.value,
      picks: vhost?.route !== undefined,
      matches: route => matchesRoute(route, vhost?.route),
      merge: (route, value) => mergeMessages(PATCHED_TYPES.HTTP_ROUTE, route, value),
      failed: reason => failed(patch, reason),
    })
  }
  return routes === host.routes ? host : { ...host, routes: [...routes] }
}

type HostMatch = RouteConfigurationMatch['vhost']

function matchesHost(host: VirtualHost, match: HostMatch): boolean {
  if (match?.name !== undefined && match.name !== '' && match.name !== host.name) return false
  return match?.domainName === undefined || match.domainName === '' || host.domains.includes(match.domainName)
}

const ACTIONS: ReadonlyMap<string, string> = new Map([
  ['ROUTE', 'route'],
  ['REDIRECT', 'redirect'],
  ['DIRECT_RESPONSE', 'directResponse'],
])

function matchesRoute(route: Route, match: NonNullable<HostMatch>['route']): boolean {
  if (match === undefined) return true
  if (match.name !== undefined && match.name !== '' && match.name !== route.name) return false
  return match.action === 'ANY' || ACTIONS.get(match.action) === route.action?.$case
}

function matchesTable(name: string, match: RouteConfigurationMatch | undefined, context: PatchContext): boolean {
  if (match === undefined) return true
  if (match.name !== undefined && match.name !== '' && match.name !== name) return false
  if (context !== 'GATEWAY') return match.portNumber === 0 || match.portNumber === portOf(name)
  const [, port = '', portName, gateway, namespace] = name.split('.')
  if (match.portNumber !== 0 && String(match.portNumber) !== port) return false
  // A plain table is made of all gateways on its port, and so matches any of them.
  if (gateway === undefined) return true
  if (match.portName !== undefined && match.portName !== '' && match.portName !== portName) return false
  return match.gateway === undefined || match.gateway === '' || match.gateway === `${namespace}/${gateway}`
}

/** `9080`, `name.namespace:9080`, `inbound|9080||`; 0 for names without a port. */
function portOf(name: string): number {
  return Number(/^inbound\|(\d+)\|/.exec(name)?.[1] ?? /(?:^|:)(\d+)$/.exec(name)?.[1] ?? 0)
}
