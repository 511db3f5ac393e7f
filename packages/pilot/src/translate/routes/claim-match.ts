import type { HttpMatch, StringMatch } from '@meshwork/config/kinds'
import type { MetadataMatcher } from '@meshwork/protos/envoy/type/matcher/v3/metadata'
import type { ValueMatcher } from '@meshwork/protos/envoy/type/matcher/v3/value'
import { claimMatcher, JWT_FILTER, metadataMatcher, PAYLOAD } from '../security/token-metadata.ts'
import { stringMatcher } from './string-matcher.ts'

/** A name of a header that no request can have: it stands for a claim of the verified token. */
const CLAIMS = '@request.auth.claims'

/** The claim that `@request.auth.claims.a.b` or `@request.auth.claims[a][b]` means, from the outermost inwards; undefined for headers. */
export function claimPath(name: string): readonly string[] | undefined {
  if (name.slice(0, CLAIMS.length).toLowerCase() !== CLAIMS) return undefined
  const rest = name.slice(CLAIMS.length)
  if (/^\.[^.]+(?:\.[^.]+)*$/.test(rest)) return rest.slice(1).split('.')
  return /^(?:\[[^[\]]+\])+$/.test(rest) ? rest.slice(1, -1).split('][') : undefined
}

/** Conditions of a match block on claims. They hold only behind a filter that verifies tokens, which gateways have. */
export function claimMatchers(match: HttpMatch): MetadataMatcher[] {
  return [...of(match.headers, false), ...of(match.withoutHeaders, true)]
}

function of(matches: Readonly<Record<string, StringMatch>>, invert: boolean): MetadataMatcher[] {
  const names = Object.keys(matches).toSorted()
  return names.flatMap(name => {
    const path = claimPath(name)
    const match = matches[name]
    return path === undefined || match === undefined ? [] : [matcher(path, match, invert)]
  })
}

function matcher(path: readonly string[], match: StringMatch, invert: boolean): MetadataMatcher {
  const text = stringMatcher(match)
  if (text !== undefined) return claimMatcher(path, text, invert)
  const present: ValueMatcher = { matchPattern: { $case: 'presentMatch', value: true } }
  return metadataMatcher(JWT_FILTER, [PAYLOAD, ...path], present, invert)
}
