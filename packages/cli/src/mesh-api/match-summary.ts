import type { buildRouteMatch } from '@meshwork/pilot/translate'
import { asList, asText, at, type Json } from './json-reader.ts'

type RouteMatch = ReturnType<typeof buildRouteMatch>
type StringMatch = Extract<NonNullable<RouteMatch['headers'][number]['headerMatchSpecifier']>, { readonly $case: 'stringMatch' }>['value']

/** The match of a route in a dump (JSON of envoy.config.route.v3.RouteMatch), in few words: `/api/* + end-user=jason + ?page`. */
export function matchSummary(match: Json): string {
  const path =
    asText(match['path']) ||
    label(asText(match['prefix']), '*') ||
    label(asText(match['path_separated_prefix']), '/*') ||
    regexWords(asText(at(match, 'safe_regex', 'regex')))
  const headers = asList(match['headers']).map(header => `${asText(at(header, 'name'))}${textWords(at(header, 'string_match'))}`)
  const parameters = asList(match['query_parameters']).map(each => `?${asText(at(each, 'name'))}${textWords(at(each, 'string_match'))}`)
  return joined([path, ...headers, ...parameters])
}

/** The same words for a message, so that a row can be told to come from a match. */
export function messageSummary({ pathSpecifier, headers, queryParameters }: RouteMatch): string {
  return joined([
    pathWords(pathSpecifier),
    ...headers.map(
      ({ name, headerMatchSpecifier: specifier }) => `${name}${specifier?.$case === 'stringMatch' ? valueWords(specifier.value) : ''}`,
    ),
    ...queryParameters.map(
      ({ name, queryParameterMatchSpecifier: specifier }) =>
        `?${name}${specifier?.$case === 'stringMatch' ? valueWords(specifier.value) : ''}`,
    ),
  ])
}

function pathWords(specifier: RouteMatch['pathSpecifier']): string {
  switch (specifier?.$case) {
    case 'path':
      return specifier.value
    case 'prefix':
      return `${specifier.value}*`
    case 'pathSeparatedPrefix':
      return `${specifier.value}/*`
    case 'safeRegex':
      return regexWords(specifier.value.regex)
    default:
      return ''
  }
}

function textWords(match: unknown): string {
  const [exact, prefix, regex] = [at(match, 'exact'), at(match, 'prefix'), at(match, 'safe_regex', 'regex')].map(asText)
  return label('=', exact ?? '', true) || label('=', label(prefix ?? '', '*'), true) || label('~', regex ?? '', true)
}

function valueWords({ matchPattern }: StringMatch): string {
  switch (matchPattern?.$case) {
    case 'exact':
      return `=${matchPattern.value}`
    case 'prefix':
      return `=${matchPattern.value}*`
    case 'safeRegex':
      return `~${matchPattern.value.regex}`
    default:
      return ''
  }
}

function regexWords(regex: string): string {
  return regex === '' ? '' : `regex ${regex}`
}

/** Both texts, or nothing if the one that counts is empty: the first, or with `second` the second. */
function label(first: string, then: string, second = false): string {
  return (second ? then : first) === '' ? '' : `${first}${then}`
}

function joined(parts: readonly string[]): string {
  return parts.filter(part => part !== '').join(' + ')
}
