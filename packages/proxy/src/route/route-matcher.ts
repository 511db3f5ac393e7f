import type { Matcher, MatcherInput } from '../model/matcher.ts'
import type { RouteConfig } from '../model/route.ts'
import type { CompiledRoute } from './compiled-route.ts'
import { compileMatcher, type ReadInput } from './compile-matcher.ts'
import { isRequestInput, readRequestInput } from './matcher-inputs.ts'
import type { RequestView } from './request-view.ts'

/** Finds the route of a request: an index of routes, or a matcher that leads to one. */
export interface RouteSource {
  /** `path` is without query; `draw` is the request's number in [0, 1) for shares of traffic. */
  find(request: RequestView, path: string, draw: number): CompiledRoute | null
}

type Compile = (routes: readonly RouteConfig[]) => RouteSource

/** `VirtualHost.matcher`: the first outcome that holds decides, also if its route does not match then. */
export function compileRouteMatcher(matcher: Matcher<readonly RouteConfig[]>, compile: Compile): RouteSource {
  const choose = compileMatcher(matcher, { compileInput, compileAction: compile })
  return { find: (request, path, draw) => choose(request)?.find(request, path, draw) ?? null }
}

/** Others are refused when decoded. */
function compileInput(input: MatcherInput): ReadInput<RequestView> {
  return isRequestInput(input) ? readRequestInput(input) : () => null
}
