import type { FieldMatcher, Matcher, MatcherInput, MatcherOutcome, MatcherPredicate, RangeMatcher } from '../model/matcher.ts'
import { ipBytes, IpPrefixMap } from '../net/ip-prefix-map.ts'
import { compileStringMatch } from './match-string.ts'

/** Reads an input of a subject. null: it has none. */
export type ReadInput<S> = (subject: S) => string | null

/** What a matcher works on, and what becomes of its actions. */
export interface MatcherUse<S, A, R> {
  compileInput(input: MatcherInput): ReadInput<S>
  compileAction(action: A): R
}

/** Leads a subject to a compiled action. null: to none. */
export type Choose<S, R> = (subject: S) => R | null

/** A matcher inside another that leads nowhere counts as if it had not been reached. */
export function compileMatcher<S, A, R>(matcher: Matcher<A>, use: MatcherUse<S, A, R>): Choose<S, R> {
  const otherwise = matcher.otherwise === null ? nowhere : compileOutcome(matcher.otherwise, use)
  switch (matcher.kind) {
    case 'list':
      return compileList(matcher.fields, otherwise, use)
    case 'tree': {
      const map = new Map([...matcher.map].map(([key, outcome]) => [key, compileOutcome(outcome, use)]))
      const read = use.compileInput(matcher.input)
      return matcher.keys === 'exact' ? exactKey(map, read, otherwise) : longestPrefix(map, read, otherwise)
    }
    case 'ranges':
      return compileRanges(matcher.ranges, use.compileInput(matcher.input), otherwise, use)
  }
}

function nowhere(): null {
  return null
}

function compileOutcome<S, A, R>(outcome: MatcherOutcome<A>, use: MatcherUse<S, A, R>): Choose<S, R> {
  if (outcome.kind === 'matcher') return compileMatcher(outcome.matcher, use)
  const action = use.compileAction(outcome.action)
  return () => action
}

function compileList<S, A, R>(fields: readonly FieldMatcher<A>[], otherwise: Choose<S, R>, use: MatcherUse<S, A, R>): Choose<S, R> {
  const compiled = fields.map(({ predicate, outcome }) => ({
    test: compilePredicate(predicate, use),
    choose: compileOutcome(outcome, use),
  }))
  return subject => {
    for (const { test, choose } of compiled) {
      const found = test(subject) ? choose(subject) : null
      if (found !== null) return found
    }
    return otherwise(subject)
  }
}

function compilePredicate<S, A, R>(predicate: MatcherPredicate, use: MatcherUse<S, A, R>): (subject: S) => boolean {
  switch (predicate.kind) {
    case 'value': {
      const read = use.compileInput(predicate.input)
      const test = compileStringMatch(predicate.match)
      return subject => {
        const value = read(subject)
        return value !== null && test(value)
      }
    }
    case 'not': {
      const test = compilePredicate(predicate.predicate, use)
      return subject => !test(subject)
    }
    case 'any':
    case 'all': {
      const tests = predicate.predicates.map(inner => compilePredicate(inner, use))
      return predicate.kind === 'any' ? subject => tests.some(test => test(subject)) : subject => tests.every(test => test(subject))
    }
  }
}

function exactKey<S, R>(map: ReadonlyMap<string, Choose<S, R>>, read: ReadInput<S>, otherwise: Choose<S, R>): Choose<S, R> {
  return subject => {
    const value = read(subject)
    return (value === null ? undefined : map.get(value))?.(subject) ?? otherwise(subject)
  }
}

/** Keys by length, longest first: one look-up for each length there is. */
function longestPrefix<S, R>(map: ReadonlyMap<string, Choose<S, R>>, read: ReadInput<S>, otherwise: Choose<S, R>): Choose<S, R> {
  const lengths = [...new Set([...map.keys()].map(key => key.length))].toSorted((a, b) => b - a)
  return subject => {
    const value = read(subject)
    if (value === null) return otherwise(subject)
    for (const length of lengths) {
      const found = length <= value.length ? map.get(value.slice(0, length))?.(subject) : undefined
      if (found !== undefined && found !== null) return found
    }
    return otherwise(subject)
  }
}

interface RangeChoice<S, R> {
  readonly choose: Choose<S, R>
  readonly exclusive: boolean
}

function compileRanges<S, A, R>(
  matchers: readonly RangeMatcher<A>[],
  read: ReadInput<S>,
  otherwise: Choose<S, R>,
  use: MatcherUse<S, A, R>,
): Choose<S, R> {
  const map = new IpPrefixMap<RangeChoice<S, R>[]>()
  for (const { ranges, outcome, exclusive } of matchers) {
    const choice = { choose: compileOutcome(outcome, use), exclusive }
    for (const { address, prefixLength } of ranges) {
      const bytes = ipBytes(address)
      if (bytes !== null) map.set(bytes, prefixLength, [...(map.get(bytes, prefixLength) ?? []), choice])
    }
  }
  return subject => {
    const bytes = ipBytes(read(subject) ?? '')
    const choices = bytes === null ? [] : map.holding(bytes).flat()
    for (const [i, { choose, exclusive }] of choices.entries()) {
      const found = i > 0 && exclusive ? null : choose(subject)
      if (found !== null) return found
    }
    return otherwise(subject)
  }
}
