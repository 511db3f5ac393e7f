import { RE2JS } from 're2js'
import type { StringMatch } from '../model/match.ts'

export type Predicate = (value: string) => boolean

/** A whole-text RE2 match. `pattern` was checked when it was decoded; one that does not compile matches nothing. */
export function compileRegex(pattern: string): Predicate {
  try {
    const compiled = RE2JS.compile(pattern)
    return value => compiled.matches(value)
  } catch {
    return () => false
  }
}

export function compileStringMatch(match: StringMatch): Predicate {
  if (match.kind === 'regex') return compileRegex(match.value)
  const wanted = match.ignoreCase ? match.value.toLowerCase() : match.value
  const test = comparison(match.kind, wanted)
  return match.ignoreCase ? value => test(value.toLowerCase()) : test
}

function comparison(kind: 'exact' | 'prefix' | 'suffix' | 'contains', wanted: string): Predicate {
  switch (kind) {
    case 'exact':
      return value => value === wanted
    case 'prefix':
      return value => value.startsWith(wanted)
    case 'suffix':
      return value => value.endsWith(wanted)
    case 'contains':
      return value => value.includes(wanted)
  }
}
