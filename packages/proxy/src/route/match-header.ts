import type { HeaderMatch, QueryParameterMatch } from '../model/match.ts'
import type { HeaderTable } from '../http/header-table.ts'
import { compileStringMatch, type Predicate } from './match-string.ts'
import { type RequestView, pseudoHeader } from './request-view.ts'

export type RequestPredicate = (request: RequestView) => boolean

/** `envoy.config.route.v3.HeaderMatcher` over a request: each line of a repeated header is looked at by itself. */
export function compileHeaderMatch(match: HeaderMatch): RequestPredicate {
  const test = compileFieldMatch(match)
  const { name } = match
  if (!name.startsWith(':') && name !== 'host') return request => test(request.requestHeaders, null)
  return request => test(request.requestHeaders, pseudoHeader(request, name))
}

/** Tests the lines of one header; `pseudo`: the value when it is no header line. */
export type FieldPredicate = (headers: HeaderTable, pseudo: string | null) => boolean

/**
 * The matcher's rules for one name. A value matcher holds when one of the lines does, inverted when none does; without the
 * header it does not hold at all, inverted or not, unless that counts as an empty value.
 */
export function compileFieldMatch(match: HeaderMatch): FieldPredicate {
  const { name, invert, treatMissingAsEmpty } = match
  if (match.match.kind === 'present') {
    const wanted = match.match.present !== invert
    return (headers, pseudo) => (pseudo !== null || headers.has(name)) === wanted
  }
  const test = match.match.kind === 'string' ? compileStringMatch(match.match.match) : inRange(match.match.start, match.match.end)
  return (headers, pseudo) => {
    if (pseudo !== null) return test(pseudo) !== invert
    const first = headers.find(name)
    if (first < 0) return treatMissingAsEmpty && test('') !== invert
    return someLine(headers, name, first, test) !== invert
  }
}

function someLine(headers: HeaderTable, name: string, first: number, test: Predicate): boolean {
  for (let i = first; i >= 0; i = headers.find(name, i + 1)) if (test(headers.values[i] ?? '')) return true
  return false
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
  if (match.match.kind === 'present') {
    const { present } = match.match
    return request => (queryParameter(request.path, match.name) !== null) === present
  }
  const test = compileStringMatch(match.match.match)
  return request => {
    const value = queryParameter(request.path, match.name)
    return value !== null && test(value)
  }
}

/** First value of a query parameter as it is written (not decoded); null when absent. */
export function queryParameter(path: string, name: string): string | null {
  const question = path.indexOf('?')
  if (question < 0) return null
  for (const pair of path.slice(question + 1).split('&')) {
    const equals = pair.indexOf('=')
    if ((equals < 0 ? pair : pair.slice(0, equals)) === name) return equals < 0 ? '' : pair.slice(equals + 1)
  }
  return null
}
