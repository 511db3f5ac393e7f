import type { HeaderMatcher, QueryParameterMatcher } from '@meshwork/protos/envoy/config/route/v3/route_components'
import type { HeaderMatch, QueryParameterMatch, StringMatch } from '../model/match.ts'
import type { Report } from './report.ts'
import { regexText, required } from './scalars.ts'
import { decodeStringMatch } from './string-match.ts'

/** `envoy.config.route.v3.HeaderMatcher`, in its old and new forms. */
export function decodeHeaderMatch(header: HeaderMatcher, report: Report): HeaderMatch {
  return {
    name: required(header.name, report.at('name')).toLowerCase(),
    match: decodeSpecifier(header.headerMatchSpecifier, report),
    invert: header.invertMatch,
    treatMissingAsEmpty: header.treatMissingHeaderAsEmpty,
  }
}

export function decodeHeaderMatches(headers: readonly HeaderMatcher[], report: Report, field: string): readonly HeaderMatch[] {
  return headers.map((header, i) => decodeHeaderMatch(header, report.at(field, i)))
}

export function decodeQueryMatch(query: QueryParameterMatcher, report: Report): QueryParameterMatch {
  const name = required(query.name, report.at('name'))
  const specifier = query.queryParameterMatchSpecifier
  if (specifier?.$case === 'stringMatch') {
    return { name, match: { kind: 'string', match: decodeStringMatch(specifier.value, report.at('string_match')) } }
  }
  return { name, match: { kind: 'present', present: specifier?.value ?? true } }
}

function decodeSpecifier(specifier: HeaderMatcher['headerMatchSpecifier'], report: Report): HeaderMatch['match'] {
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
      return plain('exact', specifier.value)
    case 'prefixMatch':
      return plain('prefix', specifier.value)
    case 'suffixMatch':
      return plain('suffix', specifier.value)
    case 'containsMatch':
      return plain('contains', specifier.value)
    case 'safeRegexMatch':
      return plain('regex', regexText(specifier.value.regex, report.at('safe_regex_match', 'regex')))
  }
}

function plain(kind: StringMatch['kind'], value: string): HeaderMatch['match'] {
  return { kind: 'string', match: { kind, value, ignoreCase: false } }
}
