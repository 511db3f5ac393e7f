import { Route, RouteList } from '@meshwork/protos/envoy/config/route/v3/route_components'
import type { Matcher as ProtoMatcher } from '@meshwork/protos/xds/type/matcher/v3/matcher'
import type { Matcher } from '../model/matcher.ts'
import type { RouteConfig } from '../model/route.ts'
import { decodeMatcher } from './matcher.ts'
import type { Report } from './report.ts'

const ROUTE = 'type.googleapis.com/envoy.config.route.v3.Route'
const ROUTE_LIST = 'type.googleapis.com/envoy.config.route.v3.RouteList'
const INPUTS = new Set(['header', 'query-parameter'] as const)

/** `VirtualHost.matcher`. `decodeRoute` is what the virtual host does with its own routes. */
export function decodeRouteMatcher(
  matcher: ProtoMatcher,
  decodeRoute: (route: Route, report: Report) => RouteConfig,
  report: Report,
): Matcher<readonly RouteConfig[]> {
  return decodeMatcher<readonly RouteConfig[]>(
    matcher,
    {
      inputs: INPUTS,
      decodeAction: (config, at) => {
        if (config?.typeUrl === ROUTE) return [decodeRoute(Route.decode(config.value), at)]
        if (config?.typeUrl === ROUTE_LIST) {
          return RouteList.decode(config.value).routes.map((route, i) => decodeRoute(route, at.at('routes', i)))
        }
        at.refuse('unsupported-action', `'${config?.typeUrl ?? 'nothing'}' is not supported`)
        return null
      },
    },
    report,
  )
}
