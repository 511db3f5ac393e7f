import { RE2JS } from 're2js'
import type { PathMatch } from '../model/route.ts'
import { compileRegex, type Predicate } from './match-string.ts'
import { parsePathTemplate } from './path-template.ts'

/** Tests a path without its query. Every path passes `connect`, which is about the method. */
export function compilePathMatch(match: PathMatch, caseSensitive: boolean): Predicate {
  if (match.kind === 'regex') return compileRegex(match.value)
  if (match.kind === 'template') return compileTemplate(match.value)
  if (match.kind === 'connect') return () => true
  const wanted = caseSensitive ? match.value : match.value.toLowerCase()
  const test = comparison(match.kind, wanted)
  return caseSensitive ? test : path => test(path.toLowerCase())
}

function compileTemplate(template: string): Predicate {
  const parsed = parsePathTemplate(template)
  if (parsed.kind === 'err') return () => false
  const compiled = RE2JS.compile(parsed.value.regex)
  return path => compiled.matches(path)
}

function comparison(kind: 'prefix' | 'exact' | 'path-separated-prefix', wanted: string): Predicate {
  switch (kind) {
    case 'exact':
      return path => path === wanted
    case 'prefix':
      return path => path.startsWith(wanted)
    case 'path-separated-prefix':
      return path => path.startsWith(wanted) && endsSegment(path, wanted.length)
  }
}

const SLASH = 47

/** The first `length` characters of the path are whole segments. */
export function endsSegment(path: string, length: number): boolean {
  return path.length === length || path.charCodeAt(length) === SLASH
}
