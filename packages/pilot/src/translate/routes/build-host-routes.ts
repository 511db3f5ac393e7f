import type { HttpRetry } from '@meshwork/config/kinds'
import { Route, VirtualHost } from '@meshwork/protos/envoy/config/route/v3/route_components'
import { outboundClusterName } from '../clusters/cluster-name.ts'
import type { MixerSettings } from '../filters/inputs.ts'
import { buildRoute } from './build-route.ts'
import type { DestinationContext } from './destination.ts'
import type { DestinationFacts, HttpRules, VirtualHostInputs } from './inputs.ts'
import { mixerSettings } from './mixer-settings.ts'
import { buildPlainAction, timeouts } from './route-action.ts'
import { buildRouteMatch } from './route-match.ts'
import { applicableMatches, MESH_GATEWAY } from './static-match.ts'

const EMPTY_ROUTE = Route.fromPartial({})

/** What all hosts of a table share. */
export interface TableSettings {
  readonly clusterDomain: string
  readonly onlyPortCounts: boolean
  readonly endsTls: boolean
  readonly defaultRetries: HttpRetry | undefined
  readonly mixer: MixerSettings | null
}

/** The routes of a host: its rules in order up to the first that takes everything; without rules, all to the service. */
export function buildHostRoutes(inputs: VirtualHostInputs, facts: ReadonlyMap<string, DestinationFacts>, table: TableSettings): Route[] {
  const perObject = inputs.rules.map(rules => ruleRoutes(inputs, rules, facts, table))
  const routes = perObject.length > 1 ? catchAllsLast(perObject.flat()) : perObject.flat()
  // Rules that are all out for this caller leave the service as if it had none (traffic.md 2.5).
  const useDefault = routes.length === 0 && inputs.service !== undefined
  return useDefault && inputs.service !== undefined ? [defaultRoute(inputs.service, inputs.port, facts.get(inputs.service), table)] : routes
}

function ruleRoutes(
  inputs: VirtualHostInputs,
  rules: HttpRules,
  facts: ReadonlyMap<string, DestinationFacts>,
  table: TableSettings,
): Route[] {
  const context: DestinationContext = {
    namespace: rules.meta.namespace,
    clusterDomain: table.clusterDomain,
    requestPort: inputs.port,
    onlyPortCounts: table.onlyPortCounts || !inputs.caller.gateways.includes(MESH_GATEWAY),
    endsTls: table.endsTls,
    defaultRetries: table.defaultRetries,
    facts,
    mixer: table.mixer,
  }
  const routes: Route[] = []
  for (const rule of rules.http) {
    if (rule.delegate !== undefined) continue
    const matches = applicableMatches(rule, inputs.caller, rules.meta.namespace)
    if (matches === 'all') return [...routes, buildRoute(rule, undefined, rules, context)]
    for (const match of matches) {
      const route = buildRoute(rule, match, rules, context)
      routes.push(route)
      // What an object says after it could never be reached, so a younger object's rules must not bring it back.
      if (takesEverything(route)) return routes
    }
  }
  return routes
}

/** Of several objects for one host, the catch-all of an older one must not hide the rules of a younger. */
function catchAllsLast(routes: readonly Route[]): Route[] {
  const [all, some] = [routes.filter(takesEverything), routes.filter(route => !takesEverything(route))]
  return [...some, ...all]
}

function takesEverything({ match }: Route): boolean {
  if (match?.pathSpecifier?.$case !== 'prefix' || match.pathSpecifier.value !== '/') return false
  return match.headers.length + match.queryParameters.length + match.dynamicMetadata.length === 0
}

function defaultRoute(host: string, port: number, facts: DestinationFacts | undefined, table: TableSettings): Route {
  return {
    ...EMPTY_ROUTE,
    name: 'default',
    match: buildRouteMatch(undefined),
    action: { $case: 'route', value: buildPlainAction(outboundClusterName(port, '', host), { facts, port }, table.defaultRetries) },
    decorator: { operation: `${host}:${port}/*`, propagate: undefined },
    typedPerFilterConfig: mixerSettings(table.mixer, facts),
  }
}

/** Hosts that the mesh does not know go where the application meant them to go, or to a proxy for such (policy ALLOW_ANY). */
export function allowAnyHost(cluster: string): VirtualHost {
  return VirtualHost.fromPartial({
    name: 'allow_any',
    domains: ['*'],
    routes: [
      {
        name: 'allow_any',
        match: buildRouteMatch(undefined),
        action: { $case: 'route', value: { clusterSpecifier: { $case: 'cluster', value: cluster }, ...timeouts(0) } },
      },
    ],
    includeRequestAttemptCount: true,
  })
}

const BAD_GATEWAY = 502

/** Hosts that the mesh does not know are refused (policy REGISTRY_ONLY). */
export function blockAllHost(): VirtualHost {
  return VirtualHost.fromPartial({
    name: 'block_all',
    domains: ['*'],
    routes: [{ name: 'block_all', match: buildRouteMatch(undefined), action: { $case: 'directResponse', value: { status: BAD_GATEWAY } } }],
    includeRequestAttemptCount: true,
  })
}

const NOT_FOUND = 404

/** A gateway's port without a single host still has to answer. */
export function notFoundHost(port: string): VirtualHost {
  return VirtualHost.fromPartial({
    name: `blackhole:${port}`,
    domains: ['*'],
    routes: [{ name: 'blackhole', match: buildRouteMatch(undefined), action: { $case: 'directResponse', value: { status: NOT_FOUND } } }],
  })
}
