import type { StringMatch } from '@meshwork/config/kinds'
import { StringMatcher } from '@meshwork/protos/envoy/type/matcher/v3/string'

export const ANY_TEXT: StringMatcher = StringMatcher.fromPartial({ matchPattern: { $case: 'safeRegex', value: { regex: '.*' } } })

/** undefined for a match that any text satisfies, which asks only for presence: `{}` and an empty prefix. */
export function stringMatcher(match: StringMatch, ignoreCase: boolean = false): StringMatcher | undefined {
  switch (match.kind) {
    case 'exact':
      return StringMatcher.fromPartial({ matchPattern: { $case: 'exact', value: match.value }, ignoreCase })
    case 'prefix':
      if (match.value === '') return undefined
      return StringMatcher.fromPartial({ matchPattern: { $case: 'prefix', value: match.value }, ignoreCase })
    case 'regex':
      return StringMatcher.fromPartial({ matchPattern: { $case: 'safeRegex', value: { regex: match.value } } })
    case 'present':
      return undefined
  }
}
