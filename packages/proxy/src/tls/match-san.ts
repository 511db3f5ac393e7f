import type { SanMatcher } from '../model/tls.ts'
import type { SubjectAltNames } from './subject-alt-names.ts'

/** Whether any name meets any matcher. No matchers: every certificate that chains to the roots is welcome. */
export function matchesAnySan(names: SubjectAltNames, matchers: readonly SanMatcher[]): boolean {
  return matchers.length === 0 || matchers.some(matcher => candidates(names, matcher).some(name => meets(name, matcher)))
}

function candidates(names: SubjectAltNames, matcher: SanMatcher): readonly string[] {
  if (matcher.type === 'any') return [...names.uri, ...names.dns, ...names.email, ...names.ip]
  return names[matcher.type]
}

/** DNS names are compared without regard to case, and may be wildcards that stand for one label (RFC 6125 6.4). */
function meets(name: string, matcher: SanMatcher): boolean {
  const { kind, value } = matcher.match
  const isDns = matcher.type === 'dns'
  const left = isDns ? name.toLowerCase() : name
  const right = isDns ? value.toLowerCase() : value
  if (kind === 'prefix') return left.startsWith(right)
  if (kind === 'suffix') return left.endsWith(right)
  return left === right || (isDns && meetsWildcard(left, right))
}

function meetsWildcard(pattern: string, host: string): boolean {
  const dot = host.indexOf('.')
  return pattern.startsWith('*.') && dot > 0 && host.slice(dot) === pattern.slice(1)
}
