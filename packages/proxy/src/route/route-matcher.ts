import type { RouteConfig } from '../model/route.ts'
import type { FieldMatcher, MatcherInput, MatcherOutcome, MatcherPredicate, RouteMatcher } from '../model/route-matcher.ts'
import type { CompiledRoute } from './compiled-route.ts'
import { queryParameter, type RequestPredicate } from './match-header.ts'
import { compileStringMatch } from './match-string.ts'
import { pseudoHeader, type RequestView } from './request-view.ts'

/** Finds the route of a request: an index of routes, or a matcher that leads to one. */
export interface RouteSource {
  /** `path` is without query; `draw` is the request's number in [0, 1) for shares of traffic. */
  find(request: RequestView, path: string, draw: number): CompiledRoute | null
}

type Compile = (routes: readonly RouteConfig[]) => RouteSource

/** `VirtualHost.matcher`: the first outcome that holds decides, also if its route does not match then. */
export function compileRouteMatcher(matcher: RouteMatcher, compile: Compile): RouteSource {
  const otherwise = matcher.otherwise === null ? NOTHING : compileOutcome(matcher.otherwise, compile)
  if (matcher.kind === 'list') return listSource(matcher.fields, otherwise, compile)
  const map = new Map([...matcher.map].map(([key, outcome]) => [key, compileOutcome(outcome, compile)]))
  const read = compileInput(matcher.input)
  const choose = matcher.keys === 'exact' ? (value: string): RouteSource | undefined => map.get(value) : longestPrefix(map)
  return {
    find: (request, path, draw) => {
      const value = read(request)
      return ((value === null ? undefined : choose(value)) ?? otherwise).find(request, path, draw)
    },
  }
}

const NOTHING: RouteSource = { find: () => null }

function listSource(fields: readonly FieldMatcher[], otherwise: RouteSource, compile: Compile): RouteSource {
  const compiled = fields.map(({ predicate, outcome }) => ({ test: compilePredicate(predicate), source: compileOutcome(outcome, compile) }))
  return { find: (request, path, draw) => (compiled.find(({ test }) => test(request))?.source ?? otherwise).find(request, path, draw) }
}

function compileOutcome(outcome: MatcherOutcome, compile: Compile): RouteSource {
  return outcome.kind === 'routes' ? compile(outcome.routes) : compileRouteMatcher(outcome.matcher, compile)
}

function compilePredicate(predicate: MatcherPredicate): RequestPredicate {
  switch (predicate.kind) {
    case 'value': {
      const read = compileInput(predicate.input)
      const test = compileStringMatch(predicate.match)
      return request => {
        const value = read(request)
        return value !== null && test(value)
      }
    }
    case 'not': {
      const test = compilePredicate(predicate.predicate)
      return request => !test(request)
    }
    case 'any':
    case 'all': {
      const tests = predicate.predicates.map(compilePredicate)
      return predicate.kind === 'any' ? request => tests.some(test => test(request)) : request => tests.every(test => test(request))
    }
  }
}

function compileInput({ kind, name }: MatcherInput): (request: RequestView) => string | null {
  if (kind === 'query-parameter') return request => queryParameter(request.path, name)
  return request => pseudoHeader(request, name) ?? request.requestHeaders.getJoined(name)
}

/** Keys by length, longest first: one look-up for each length there is. */
function longestPrefix(map: ReadonlyMap<string, RouteSource>): (value: string) => RouteSource | undefined {
  const lengths = [...new Set([...map.keys()].map(key => key.length))].toSorted((a, b) => b - a)
  return value => {
    for (const length of lengths) {
      const found = length <= value.length ? map.get(value.slice(0, length)) : undefined
      if (found !== undefined) return found
    }
    return undefined
  }
}
