import { NO_HEADER_OPERATIONS } from './defaults.ts'
import { joinNames, mergeMatches } from './merge-match.ts'
import type { HttpRoute } from './type.ts'

/** What a route that delegates becomes. */
export interface MergedRoutes {
  readonly routes: readonly HttpRoute[]
  /** Routes of the part that can never be reached through this root, by index: their matches exclude those of the root. */
  readonly conflicting: readonly number[]
}

/**
 * The routes that stand in place of `root`, a route with `delegate`: those of the part, each limited to what the root matches and
 * with the root's settings where it has none of its own. A route whose match contradicts the root's is left out.
 */
export function mergeDelegate(root: HttpRoute, part: readonly HttpRoute[]): MergedRoutes {
  const routes: HttpRoute[] = []
  const conflicting: number[] = []
  for (const [index, route] of part.entries()) {
    const match = mergeMatches(root.match, route.match)
    if (match === 'conflict') conflicting.push(index)
    else routes.push(mergeRoute(root, { ...route, match }))
  }
  return { routes, conflicting }
}

/** A delegating route has none of the actions; every other setting of it is a default for its parts. */
function mergeRoute(root: HttpRoute, own: HttpRoute): HttpRoute {
  const name = joinNames(root.name, own.name)
  const { delegate: _, ...settings } = root
  return {
    ...settings,
    ...own,
    ...(name === undefined ? {} : { name }),
    mirrors: own.mirrors.length > 0 ? own.mirrors : root.mirrors,
    headers: own.headers === NO_HEADER_OPERATIONS ? root.headers : own.headers,
    appendHeaders: Object.keys(own.appendHeaders).length > 0 ? own.appendHeaders : root.appendHeaders,
    removeResponseHeaders: own.removeResponseHeaders.length > 0 ? own.removeResponseHeaders : root.removeResponseHeaders,
  }
}
