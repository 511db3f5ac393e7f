import type { PathMatch } from '../model/route.ts'
import { compileRegex, type Predicate } from './match-string.ts'

/** Tests a path without its query. */
export function compilePathMatch(match: PathMatch, caseSensitive: boolean): Predicate {
  if (match.kind === 'regex') return compileRegex(match.value)
  const wanted = caseSensitive ? match.value : match.value.toLowerCase()
  const test = comparison(match.kind, wanted)
  return caseSensitive ? test : path => test(path.toLowerCase())
}

function comparison(kind: 'prefix' | 'exact' | 'path-separated-prefix', wanted: string): Predicate {
  switch (kind) {
    case 'exact':
      return path => path === wanted
    case 'prefix':
      return wanted === '/' ? path => path.charCodeAt(0) === 47 : path => path.startsWith(wanted)
    case 'path-separated-prefix':
      return path => path.startsWith(wanted) && (path.length === wanted.length || path.charCodeAt(wanted.length) === 47)
  }
}
