import type { HttpMatch, StringMatch } from '@meshwork/config/kinds'
import { HeaderMatcher, QueryParameterMatcher, RouteMatch } from '@meshwork/protos/envoy/config/route/v3/route_components'
import { claimMatchers, claimPath } from './claim-match.ts'
import { stringMatcher } from './string-matcher.ts'

type PathSpecifier = NonNullable<RouteMatch['pathSpecifier']>

const EVERYTHING = RouteMatch.fromPartial({ pathSpecifier: { $case: 'prefix', value: '/' } })

/** The conditions of one match block that the proxy evaluates; `undefined` (no block at all) takes everything. */
export function buildRouteMatch(match: HttpMatch | undefined): RouteMatch {
  if (match === undefined) return EVERYTHING
  return RouteMatch.fromPartial({
    pathSpecifier: pathSpecifier(match.uri),
    caseSensitive: !match.ignoreUriCase,
    headers: headerMatchers(match),
    dynamicMetadata: claimMatchers(match),
    queryParameters: sortedEntries(match.queryParams).map(([name, value]) => queryParameterMatcher(name, value)),
  })
}

function pathSpecifier(uri: StringMatch | undefined): PathSpecifier {
  switch (uri?.kind) {
    case 'exact':
      return { $case: 'path', value: uri.value }
    case 'prefix':
      return { $case: 'prefix', value: uri.value === '' ? '/' : uri.value }
    case 'regex':
      return { $case: 'safeRegex', value: { engineType: undefined, regex: uri.value } }
    default:
      return { $case: 'prefix', value: '/' }
  }
}

function headerMatchers(match: HttpMatch): HeaderMatcher[] {
  const matchers = headersOnly(match.headers).map(([name, value]) => headerMatcher(name, value))
  const pseudo: readonly [string, StringMatch | undefined][] = [
    [':scheme', match.scheme],
    [':method', match.method],
    [':authority', match.authority],
  ]
  for (const [name, value] of pseudo) if (value !== undefined) matchers.push(headerMatcher(name, value))
  for (const [name, value] of headersOnly(match.withoutHeaders)) matchers.push(withoutHeader(name, value))
  return matchers
}

/** Without the names that stand for claims of tokens. */
function headersOnly(matches: Readonly<Record<string, StringMatch>>): [string, StringMatch][] {
  return sortedEntries(matches).filter(([name]) => claimPath(name) === undefined)
}

function headerMatcher(name: string, match: StringMatch): HeaderMatcher {
  const matcher = stringMatcher(match)
  return HeaderMatcher.fromPartial({
    name: name.toLowerCase(),
    headerMatchSpecifier: matcher === undefined ? { $case: 'presentMatch', value: true } : { $case: 'stringMatch', value: matcher },
  })
}

/** A missing header satisfies a negated condition; Envoy says so only if missing counts as empty. */
function withoutHeader(name: string, match: StringMatch): HeaderMatcher {
  const matcher = headerMatcher(name, match)
  return { ...matcher, invertMatch: true, treatMissingHeaderAsEmpty: matcher.headerMatchSpecifier?.$case === 'stringMatch' }
}

function queryParameterMatcher(name: string, match: StringMatch): QueryParameterMatcher {
  const matcher = stringMatcher(match)
  return QueryParameterMatcher.fromPartial({
    name,
    queryParameterMatchSpecifier: matcher === undefined ? { $case: 'presentMatch', value: true } : { $case: 'stringMatch', value: matcher },
  })
}

/** By name, so that equal objects make equal bytes whatever the order of their keys. */
function sortedEntries<T>(record: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1))
}
