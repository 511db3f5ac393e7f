import type { StringMatch } from '@meshwork/config/kinds'
import { StringMatcher } from '@meshwork/protos/envoy/type/matcher/v3/string'

/** undefined for the empty match, which asks only for presence. */
export function stringMatcher(match: StringMatch, ignoreCase: boolean = false): StringMatcher | undefined {
  switch (match.kind) {
    case 'exact':
      return StringMatcher.fromPartial({ matchPattern: { $case: 'exact', value: match.value }, ignoreCase })
    case 'prefix':
      return StringMatcher.fromPartial({ matchPattern: { $case: 'prefix', value: match.value }, ignoreCase })
    case 'regex':
      return StringMatcher.fromPartial({ matchPattern: { $case: 'safeRegex', value: { regex: match.value } } })
    case 'present':
      return undefined
  }
}
