import type { HttpMatch, HttpRoute } from '@meshwork/config/kinds'
import { Route } from '@meshwork/protos/envoy/config/route/v3/route_components'
import type { Any } from '@meshwork/protos/google/protobuf/any'
import { buildCors } from './cors.ts'
import { type DestinationContext, resolveDestination } from './destination.ts'
import { buildFault } from './fault.ts'
import { headerFields, type HeaderFields } from './header-options.ts'
import type { HttpRules } from './inputs.ts'
import { mixerSettings } from './mixer-settings.ts'
import { buildDirectResponse, buildRedirect } from './redirect.ts'
import { buildRouteAction } from './route-action.ts'
import { buildRouteMatch } from './route-match.ts'

/** Names under which per-route settings stand; the filters of the chain have the same. */
export const FAULT_FILTER = 'envoy.filters.http.fault'
export const CORS_FILTER = 'envoy.filters.http.cors'

const EMPTY_ROUTE = Route.fromPartial({})

/** The route of one match block of one rule. */
export function buildRoute(rule: HttpRoute, match: HttpMatch | undefined, rules: HttpRules, context: DestinationContext): Route {
  return {
    ...EMPTY_ROUTE,
    name: routeName(rule, match),
    statPrefix: match?.statPrefix ?? '',
    match: buildRouteMatch(match),
    action: routeAction(rule, context),
    metadata: { filterMetadata: { istio: { config: configPath(rules) } }, typedFilterMetadata: {} },
    decorator: { operation: operation(rule, match, rules, context), propagate: undefined },
    typedPerFilterConfig: { ...perFilterConfig(rule), ...onlyDestination(rule, context) },
    ...routeHeaders(rule),
  }
}

function routeAction(rule: HttpRoute, context: DestinationContext): NonNullable<Route['action']> {
  if (rule.redirect !== undefined) return { $case: 'redirect', value: buildRedirect(rule.redirect, context.requestPort, context.endsTls) }
  if (rule.directResponse !== undefined) return { $case: 'directResponse', value: buildDirectResponse(rule.directResponse) }
  return { $case: 'route', value: buildRouteAction(rule, context) }
}

function perFilterConfig(rule: HttpRoute): Record<string, Any> {
  return {
    ...(rule.fault === undefined ? {} : { [FAULT_FILTER]: buildFault(rule.fault) }),
    ...(rule.corsPolicy === undefined ? {} : { [CORS_FILTER]: buildCors(rule.corsPolicy) }),
  }
}

/** With several destinations each carries its own. */
function onlyDestination(rule: HttpRoute, context: DestinationContext): Record<string, Any> {
  const [only] = rule.route
  return rule.route.length === 1 && only !== undefined
    ? mixerSettings(context.mixer, resolveDestination(only.destination, context).facts)
    : {}
}

/** With a single destination its header operations act on the route, after those of the route itself. */
function routeHeaders(rule: HttpRoute): HeaderFields {
  const older = {
    request: { set: {}, add: rule.appendHeaders, remove: [] },
    response: { set: {}, add: {}, remove: rule.removeResponseHeaders },
  }
  const [only] = rule.route
  return rule.route.length === 1 && only !== undefined ? headerFields(rule.headers, older, only.headers) : headerFields(rule.headers, older)
}

function routeName(rule: HttpRoute, match: HttpMatch | undefined): string {
  return [rule.name, match?.name].filter(part => part !== undefined && part !== '').join('.')
}

/** How Istio names the object behind a route in metadata; `meshctl` and Envoy's access log show it. */
function configPath(rules: HttpRules): string {
  return `/apis/networking.istio.io/v1/namespaces/${rules.meta.namespace}/virtual-service/${rules.meta.name}`
}

/** Span name: destination, port and path pattern (traffic.md 2.5). */
function operation(rule: HttpRoute, match: HttpMatch | undefined, rules: HttpRules, context: DestinationContext): string {
  const path =
    match?.uri === undefined || match.uri.kind === 'present' || match.uri.value === ''
      ? '/*'
      : match.uri.kind === 'prefix'
        ? `${match.uri.value}*`
        : match.uri.value
  const [only] = rule.route
  if (rule.route.length !== 1 || only === undefined) return `${rules.meta.name}:${context.requestPort}${path}`
  const { host, port } = resolveDestination(only.destination, context)
  return `${host}:${port}${path}`
}
