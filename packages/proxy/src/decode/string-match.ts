import type { StringMatcher } from '@meshwork/protos/envoy/type/matcher/v3/string'
import type { StringMatch } from '../model/match.ts'
import type { Report } from './report.ts'
import { regexText } from './scalars.ts'

export function decodeStringMatch(matcher: StringMatcher | undefined, report: Report): StringMatch {
  const pattern = matcher?.matchPattern
  const ignoreCase = matcher?.ignoreCase ?? false
  switch (pattern?.$case) {
    case 'exact':
    case 'prefix':
    case 'suffix':
    case 'contains':
      return { kind: pattern.$case, value: pattern.value, ignoreCase }
    case 'safeRegex':
      // Envoy ignores `ignore_case` for regular expressions (StringMatcher.ignore_case).
      return { kind: 'regex', value: regexText(pattern.value.regex, report.at('safe_regex', 'regex')), ignoreCase: false }
    default:
      report.refuse('unsupported-match', pattern === undefined ? 'must say what to match' : `'${pattern.$case}' is not supported`)
      return { kind: 'exact', value: '', ignoreCase }
  }
}
