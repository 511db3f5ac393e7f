import type { SanMatcher } from '../model/tls.ts'
import { compileStringMatch } from '../route/match-string.ts'
import type { SubjectAltNames } from './subject-alt-names.ts'

export type SanPredicate = (names: SubjectAltNames) => boolean

/** Whether any name meets any matcher. No matchers: every certificate that chains to the roots is welcome. */
export function compileSanMatchers(matchers: readonly SanMatcher[]): SanPredicate {
  if (matchers.length === 0) return () => true
  const tests = matchers.map(matcher => ({ type: matcher.type, meets: compileName(matcher) }))
  return names => tests.some(({ type, meets }) => candidates(names, type).some(meets))
}

function candidates(names: SubjectAltNames, type: SanMatcher['type']): readonly string[] {
  return type === 'any' ? [...names.uri, ...names.dns, ...names.email, ...names.ip] : names[type]
}

/** DNS names are compared without regard to case, and may be wildcards that stand for one label (RFC 6125 6.4). */
function compileName({ type, match }: SanMatcher): (name: string) => boolean {
  if (type !== 'dns') return compileStringMatch(match)
  const meets = compileStringMatch({ ...match, ignoreCase: match.kind !== 'regex' })
  if (match.kind !== 'exact') return meets
  const wanted = match.value.toLowerCase()
  return name => meets(name) || meetsWildcard(name.toLowerCase(), wanted)
}

/** `*.a.test` stands for every name of one label more. */
export function meetsWildcard(pattern: string, host: string): boolean {
  const dot = host.indexOf('.')
  return pattern.startsWith('*.') && dot > 0 && host.slice(dot) === pattern.slice(1)
}
