import { isDeepStrictEqual } from 'node:util'
import type { HttpMatch, HttpRoute, ObjectOf } from '../../kinds/index.ts'
import type { Draft, Rule } from '../finding.ts'

/** Routes are tried in order: what stands behind a route for every request is never reached. */
export const unreachableRoute: Rule = {
  code: 'IST0130',
  name: 'VirtualServiceUnreachableRule',
  severity: 'warning',
  summary: 'a route that no request reaches',
  check: context => context.of('VirtualService').flatMap(unreachable),
}

/** A match that equals an earlier one has no effect. */
export const ineffectiveMatch: Rule = {
  code: 'IST0131',
  name: 'VirtualServiceIneffectiveMatch',
  severity: 'info',
  summary: 'a match that an earlier one makes useless',
  check: context => context.of('VirtualService').flatMap(ineffective),
}

function unreachable(object: ObjectOf<'VirtualService'>): readonly Draft[] {
  const routes = object.spec.http
  const first = routes.findIndex(takesEverything)
  if (first < 0) return []
  return routes.slice(first + 1).map((_, i) => ({
    object,
    path: `spec.http[${first + 1 + i}]`,
    message: `never reached: ${label(routes, first)} takes every request before it`,
    remedy: 'put it before that route, or remove it',
  }))
}

function ineffective(object: ObjectOf<'VirtualService'>): readonly Draft[] {
  const seen: { readonly match: HttpMatch; readonly route: number }[] = []
  return object.spec.http.flatMap((route, i) => {
    const mine = route.match.map(conditions)
    const drafts = mine.flatMap((match, j) => {
      const earlier = seen.find(other => other.route < i && shadows(other.match, match))
      if (earlier === undefined) return []
      const message = `never matches: ${label(object.spec.http, earlier.route)} takes the same requests before it`
      return [{ object, path: `spec.http[${i}].match[${j}]`, message, remedy: 'put the narrower match first, or remove it' }]
    })
    seen.push(...mine.map(match => ({ match, route: i })))
    return drafts
  })
}

function label(routes: readonly HttpRoute[], index: number): string {
  const name = routes[index]?.name
  return name === undefined || name === '' ? `spec.http[${index}]` : `the route '${name}'`
}

/** The match without what does not decide. */
function conditions(match: HttpMatch): HttpMatch {
  const { name: _, statPrefix: __, ...decisive } = match
  return decisive
}

const NO_CONDITIONS: HttpMatch = { headers: {}, withoutHeaders: {}, queryParams: {}, sourceLabels: {}, gateways: [], ignoreUriCase: false }

function takesEverything({ match }: HttpRoute): boolean {
  return match.length === 0 || match.some(isUnconditional)
}

function isUnconditional(match: HttpMatch): boolean {
  const { uri, ...others } = conditions(match)
  return takesEveryPath(uri) && isDeepStrictEqual({ ...others, ignoreUriCase: false }, NO_CONDITIONS)
}

function takesEveryPath(uri: HttpMatch['uri']): boolean {
  return uri === undefined || uri.kind === 'present' || (uri.kind === 'prefix' && uri.value === '/')
}

/** Whether the earlier match takes all requests of the later one: equal, or a shorter prefix with equal conditions otherwise. */
function shadows(earlier: HttpMatch, later: HttpMatch): boolean {
  const { uri: before, ...rest } = earlier
  const { uri: after, ...others } = later
  if (!isDeepStrictEqual(rest, others)) return false
  if (isDeepStrictEqual(before, after)) return true
  return before?.kind === 'prefix' && (after?.kind === 'prefix' || after?.kind === 'exact') && after.value.startsWith(before.value)
}
