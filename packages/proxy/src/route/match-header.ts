import type { HeaderMatch, QueryParameterMatch } from '../model/route.ts'
import { compileStringMatch } from './match-string.ts'
import { type RequestView, viewHeader } from './request-view.ts'

export type RequestPredicate = (request: RequestView) => boolean

/** `envoy.config.route.v3.HeaderMatcher`: an absent header matches nothing but absence, also when inverted. */
export function compileHeaderMatch(match: HeaderMatch): RequestPredicate {
  const { name, invert, treatMissingAsEmpty } = match
  if (match.match.kind === 'present') {
    const wanted = match.match.present !== invert
    return request => (viewHeader(request, name) !== null) === wanted
  }
  const test = match.match.kind === 'string' ? compileStringMatch(match.match.match) : inRange(match.match.start, match.match.end)
  return request => {
    const value = viewHeader(request, name) ?? (treatMissingAsEmpty ? '' : null)
    return value === null ? invert : test(value) !== invert
  }
}

/** Decimal integers from `start` up to, not including, `end`. */
function inRange(start: bigint, end: bigint): (value: string) => boolean {
  return value => {
    if (!/^[+-]?\d{1,19}$/.test(value)) return false
    const number = BigInt(value.startsWith('+') ? value.slice(1) : value)
    return number >= start && number < end
  }
}

export function compileQueryMatch(match: QueryParameterMatch): RequestPredicate {
  const test = match.match === null ? (): boolean => true : compileStringMatch(match.match)
  return request => {
    const value = queryParameter(request.path, match.name)
    return value !== null && test(value)
  }
}

/** First value of a query parameter as it is written (not decoded); null when absent. */
function queryParameter(path: string, name: string): string | null {
  const question = path.indexOf('?')
  if (question < 0) return null
  for (const pair of path.slice(question + 1).split('&')) {
    const equals = pair.indexOf('=')
    if ((equals < 0 ? pair : pair.slice(0, equals)) === name) return equals < 0 ? '' : pair.slice(equals + 1)
  }
  return null
}
