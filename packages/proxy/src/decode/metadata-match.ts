import type { MetadataMatcher } from '@meshwork/protos/envoy/type/matcher/v3/metadata'
import type { ValueMatcher } from '@meshwork/protos/envoy/type/matcher/v3/value'
import type { MetadataMatch, ValueMatch } from '../model/match.ts'
import type { Report } from './report.ts'
import { required } from './scalars.ts'
import { decodeStringMatch } from './string-match.ts'

/** `envoy.type.matcher.v3.MetadataMatcher`. */
export function decodeMetadataMatch(matcher: MetadataMatcher, report: Report): MetadataMatch {
  if (matcher.path.length === 0) report.at('path').refuse('required', 'must not be empty')
  return {
    filter: required(matcher.filter, report.at('filter')),
    path: matcher.path.map(({ segment }, i) => required(segment?.value ?? '', report.at('path', i, 'key'))),
    value: decodeValueMatch(matcher.value, report.at('value')),
    invert: matcher.invert,
  }
}

/** `envoy.type.matcher.v3.ValueMatcher`. */
export function decodeValueMatch(matcher: ValueMatcher | undefined, report: Report): ValueMatch {
  const pattern = matcher?.matchPattern
  switch (pattern?.$case) {
    case 'nullMatch':
      return { kind: 'null' }
    case 'doubleMatch':
      return decodeNumber(pattern.value)
    case 'stringMatch':
      return { kind: 'string', match: decodeStringMatch(pattern.value, report.at('string_match')) }
    case 'boolMatch':
      return { kind: 'bool', value: pattern.value }
    case 'presentMatch':
      return { kind: 'present', present: pattern.value }
    case 'listMatch':
      return { kind: 'one-of', match: decodeValueMatch(pattern.value.matchPattern?.value, report.at('list_match', 'one_of')) }
    case 'orMatch':
      return {
        kind: 'any-of',
        matches: pattern.value.valueMatchers.map((one, i) => decodeValueMatch(one, report.at('or_match', 'value_matchers', i))),
      }
    case undefined:
      report.refuse('required', 'must say what to match')
      return { kind: 'null' }
  }
}

type NumberMatcher = Extract<NonNullable<ValueMatcher['matchPattern']>, { $case: 'doubleMatch' }>['value']

function decodeNumber({ matchPattern: pattern }: NumberMatcher): ValueMatch {
  if (pattern?.$case === 'range') return { kind: 'number-range', start: pattern.value.start, end: pattern.value.end }
  return { kind: 'number-exact', value: pattern?.value ?? 0 }
}
