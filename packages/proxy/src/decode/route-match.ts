import type {
  HeaderMatcher,
  QueryParameterMatcher,
  RouteMatch as ProtoRouteMatch,
} from '@meshwork/protos/envoy/config/route/v3/route_components'
import type { HeaderMatch, PathMatch, QueryParameterMatch, RouteMatch, StringMatch } from '../model/route.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import type { Report } from './report.ts'
import { partsPerMillion, regexText, required } from './scalars.ts'
import { decodeStringMatch } from './string-match.ts'

const FIELDS: FieldPolicy<ProtoRouteMatch> = {
  read: ['pathSpecifier', 'caseSensitive', 'runtimeFraction', 'headers', 'queryParameters', 'grpc'],
  harmless: [],
}

const EVERY_PATH: PathMatch = { kind: 'prefix', value: '/' }

export function decodeRouteMatch(match: ProtoRouteMatch | undefined, report: Report): RouteMatch {
  if (match === undefined) report.refuse('required', 'must be set')
  else refuseOtherFields(match, FIELDS, report)
  const fraction = match?.runtimeFraction?.defaultValue
  return {
    path: decodePath(match?.pathSpecifier, report),
    caseSensitive: match?.caseSensitive ?? true,
    headers: (match?.headers ?? []).map((header, i) => decodeHeaderMatch(header, report.at('headers', i))),
    queryParameters: (match?.queryParameters ?? []).map((query, i) => decodeQuery(query, report.at('query_parameters', i))),
    runtimeFractionPpm: fraction === undefined ? null : partsPerMillion(fraction),
    grpcOnly: match?.grpc !== undefined,
  }
}

function decodePath(path: ProtoRouteMatch['pathSpecifier'], report: Report): PathMatch {
  switch (path?.$case) {
    case 'prefix':
      return { kind: 'prefix', value: path.value }
    case 'path':
      return { kind: 'exact', value: path.value }
    case 'safeRegex':
      return { kind: 'regex', value: regexText(path.value.regex, report.at('safe_regex', 'regex')) }
    case 'pathSeparatedPrefix':
      return { kind: 'path-separated-prefix', value: path.value }
    case 'connectMatcher':
    case 'pathMatchPolicy':
      report.refuse('unsupported-match', `'${path.$case}' is not supported`)
      return EVERY_PATH
    case undefined:
      report.refuse('required', 'must have a path specifier')
      return EVERY_PATH
  }
}

export function decodeHeaderMatch(header: HeaderMatcher, report: Report): HeaderMatch {
  return {
    name: required(header.name, report.at('name')).toLowerCase(),
    match: decodeHeaderSpecifier(header.headerMatchSpecifier, report),
    invert: header.invertMatch,
    treatMissingAsEmpty: header.treatMissingHeaderAsEmpty,
  }
}

function decodeHeaderSpecifier(specifier: HeaderMatcher['headerMatchSpecifier'], report: Report): HeaderMatch['match'] {
  switch (specifier?.$case) {
    case undefined:
      return { kind: 'present', present: true }
    case 'presentMatch':
      return { kind: 'present', present: specifier.value }
    case 'rangeMatch':
      return { kind: 'range', start: specifier.value.start, end: specifier.value.end }
    case 'stringMatch':
      return { kind: 'string', match: decodeStringMatch(specifier.value, report.at('string_match')) }
    case 'exactMatch':
      return { kind: 'string', match: plain('exact', specifier.value) }
    case 'prefixMatch':
      return { kind: 'string', match: plain('prefix', specifier.value) }
    case 'suffixMatch':
      return { kind: 'string', match: plain('suffix', specifier.value) }
    case 'containsMatch':
      return { kind: 'string', match: plain('contains', specifier.value) }
    case 'safeRegexMatch':
      return { kind: 'string', match: plain('regex', regexText(specifier.value.regex, report.at('safe_regex_match', 'regex'))) }
  }
}

function plain(kind: StringMatch['kind'], value: string): StringMatch {
  return { kind, value, ignoreCase: false }
}

function decodeQuery(query: QueryParameterMatcher, report: Report): QueryParameterMatch {
  const name = required(query.name, report.at('name'))
  const specifier = query.queryParameterMatchSpecifier
  if (specifier?.$case === 'stringMatch') return { name, match: decodeStringMatch(specifier.value, report.at('string_match')) }
  if (specifier?.$case === 'presentMatch' && !specifier.value)
    report.at('present_match').refuse('unsupported-match', 'absence cannot be matched')
  return { name, match: null }
}
