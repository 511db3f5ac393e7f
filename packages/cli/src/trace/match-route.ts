import { matchesRegex } from '@meshwork/config/kinds'
import type { GeneratedView } from '@meshwork/pilot/push'
import { authorityOf, type TracedRequest } from './request.ts'

export type RouteTable = GeneratedView['routes'][number]['message']
export type VirtualHost = RouteTable['virtualHosts'][number]
export type Route = VirtualHost['routes'][number]
type RouteMatch = NonNullable<Route['match']>
type HeaderMatcher = RouteMatch['headers'][number]
type StringMatcher = Extract<NonNullable<HeaderMatcher['headerMatchSpecifier']>, { readonly $case: 'stringMatch' }>['value']

export interface ChosenHost {
  readonly host: VirtualHost
  /** The domain that fits. */
  readonly domain: string
}

/** The virtual host of a table for an authority: by name, else the longest `*.suffix`, else the longest `prefix.*`, else `*` (Envoy's order). */
export function chooseVirtualHost(table: RouteTable, authority: string): ChosenHost | undefined {
  const wanted = (table.ignorePortInHostMatching ? authority.replace(/:\d+$/, '') : authority).toLowerCase()
  const all = table.virtualHosts.flatMap(host => host.domains.map(domain => ({ host, domain })))
  const fits = all.filter(({ domain }) => domainFits(domain.toLowerCase(), wanted))
  return fits.toSorted((a, b) => rank(b.domain) - rank(a.domain))[0]
}

function domainFits(domain: string, wanted: string): boolean {
  if (domain === '*' || domain === wanted) return true
  if (domain.startsWith('*')) return wanted.length > domain.length - 1 && wanted.endsWith(domain.slice(1))
  return domain.endsWith('*') && wanted.length > domain.length - 1 && wanted.startsWith(domain.slice(0, -1))
}

const EXACT = 1_000_000
const SUFFIX = 10_000

function rank(domain: string): number {
  if (domain === '*') return 0
  if (domain.startsWith('*')) return SUFFIX + domain.length
  return domain.endsWith('*') ? domain.length : EXACT
}

/** Why a route does not take the request; undefined if it does. */
export function reasonAgainst(route: Route, request: TracedRequest): string | undefined {
  const { match } = route
  if (match === undefined) return 'it has no match'
  return pathReason(match, request) ?? headersReason(match, request) ?? queryReason(match, request)
}

function pathReason(match: RouteMatch, { path }: TracedRequest): string | undefined {
  const sensitive = match.caseSensitive ?? true
  const [actual, fold] = [sensitive ? path : path.toLowerCase(), (text: string) => (sensitive ? text : text.toLowerCase())]
  const specifier = match.pathSpecifier
  switch (specifier?.$case) {
    case 'prefix':
      return actual.startsWith(fold(specifier.value)) ? undefined : `the path ${path} does not begin with ${specifier.value}`
    case 'path':
      return actual === fold(specifier.value) ? undefined : `the path ${path} is not ${specifier.value}`
    case 'pathSeparatedPrefix':
      return actual === fold(specifier.value) || actual.startsWith(`${fold(specifier.value)}/`)
        ? undefined
        : `the path ${path} is not below ${specifier.value}`
    case 'safeRegex':
      return matchesRegex(specifier.value.regex, path) ? undefined : `the path ${path} does not match ${specifier.value.regex}`
    default:
      return undefined
  }
}

function headersReason(match: RouteMatch, request: TracedRequest): string | undefined {
  for (const matcher of match.headers) {
    const reason = headerReason(matcher, valueOf(matcher.name, request))
    if (reason !== undefined) return reason
  }
  return undefined
}

function valueOf(name: string, request: TracedRequest): string | undefined {
  switch (name) {
    case ':method':
      return request.method
    case ':authority':
      return authorityOf(request)
    case ':scheme':
      return request.scheme
    default:
      return request.headers.get(name)
  }
}

const PSEUDO: Readonly<Record<string, string>> = { ':method': 'the method', ':authority': 'the host', ':scheme': 'the scheme' }

function headerReason(matcher: HeaderMatcher, value: string | undefined): string | undefined {
  const { name, invertMatch, headerMatchSpecifier } = matcher
  const called = PSEUDO[name] ?? `the header ${name}`
  const shown = value === undefined ? 'is missing' : `is '${value}'`
  if (headerMatchSpecifier?.$case !== 'stringMatch') {
    const present = value !== undefined
    return present === invertMatch ? `${called} ${shown}, and must ${invertMatch ? 'not ' : ''}be there` : undefined
  }
  const matcherText = headerMatchSpecifier.value
  const holds = value === undefined ? matcher.treatMissingHeaderAsEmpty && stringFits(matcherText, '') : stringFits(matcherText, value)
  const fails = value === undefined && !matcher.treatMissingHeaderAsEmpty ? true : holds === invertMatch
  return fails ? `${called} ${shown}, and must ${invertMatch ? 'not ' : ''}${inWords(matcherText)}` : undefined
}

function queryReason(match: RouteMatch, { query }: TracedRequest): string | undefined {
  for (const { name, queryParameterMatchSpecifier: specifier } of match.queryParameters) {
    const value = query.get(name)
    const shown = value === null ? 'is missing' : `is '${value}'`
    if (specifier?.$case === 'stringMatch') {
      if (value === null || !stringFits(specifier.value, value))
        return `the query parameter ${name} ${shown}, and must ${inWords(specifier.value)}`
    } else if (value === null) return `the query parameter ${name} ${shown}`
  }
  return undefined
}

function stringFits({ matchPattern, ignoreCase }: StringMatcher, value: string): boolean {
  const fold = (text: string): string => (ignoreCase ? text.toLowerCase() : text)
  switch (matchPattern?.$case) {
    case 'exact':
      return fold(value) === fold(matchPattern.value)
    case 'prefix':
      return fold(value).startsWith(fold(matchPattern.value))
    case 'suffix':
      return fold(value).endsWith(fold(matchPattern.value))
    case 'contains':
      return fold(value).includes(fold(matchPattern.value))
    case 'safeRegex':
      return matchesRegex(matchPattern.value.regex, value)
    default:
      return true
  }
}

function inWords({ matchPattern }: StringMatcher): string {
  switch (matchPattern?.$case) {
    case 'exact':
      return `be '${matchPattern.value}'`
    case 'prefix':
      return `begin with '${matchPattern.value}'`
    case 'suffix':
      return `end with '${matchPattern.value}'`
    case 'contains':
      return `contain '${matchPattern.value}'`
    case 'safeRegex':
      return `match ${matchPattern.value.regex}`
    default:
      return 'be there'
  }
}
