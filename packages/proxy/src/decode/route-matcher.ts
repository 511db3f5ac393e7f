import { messageOf } from '@meshwork/core/result'
import { Route, RouteList } from '@meshwork/protos/envoy/config/route/v3/route_components'
import type { StringMatcher as EnvoyStringMatcher } from '@meshwork/protos/envoy/type/matcher/v3/string'
import { HttpRequestHeaderMatchInput, HttpRequestQueryParamMatchInput } from '@meshwork/protos/envoy/type/matcher/v3/http_inputs'
import type { TypedExtensionConfig } from '@meshwork/protos/xds/core/v3/extension'
import type { Matcher, Matcher_MatcherList_Predicate, Matcher_OnMatch } from '@meshwork/protos/xds/type/matcher/v3/matcher'
import type { StringMatcher } from '@meshwork/protos/xds/type/matcher/v3/string'
import type { RouteConfig } from '../model/route.ts'
import type { MatcherInput, MatcherOutcome, MatcherPredicate, RouteMatcher } from '../model/route-matcher.ts'
import type { Report } from './report.ts'
import { decodeStringMatch } from './string-match.ts'

const INPUTS = 'type.googleapis.com/envoy.type.matcher.v3.'
const ROUTE = 'type.googleapis.com/envoy.config.route.v3.Route'
const ROUTE_LIST = 'type.googleapis.com/envoy.config.route.v3.RouteList'
/** Matchers inside matchers, and predicates inside predicates. */
const MAX_DEPTH = 32

type DecodeRoute = (route: Route, report: Report) => RouteConfig

/** `VirtualHost.matcher`. `decodeRoute` is what the virtual host does with its own routes. */
export function decodeRouteMatcher(matcher: Matcher, decodeRoute: DecodeRoute, report: Report, depth: number = 0): RouteMatcher {
  const { matcherType: type, onNoMatch } = matcher
  if (depth > MAX_DEPTH) report.refuse('too-deep', `has more than ${MAX_DEPTH} matchers inside each other`)
  const inner = (on: Matcher_OnMatch | undefined, at: Report): MatcherOutcome | null => decodeOutcome(on, decodeRoute, at, depth)
  const otherwise = onNoMatch === undefined ? null : inner(onNoMatch, report.at('on_no_match'))
  if (depth <= MAX_DEPTH && type?.$case === 'matcherList') {
    const fields = type.value.matchers.flatMap((field, i) => {
      const at = report.at('matcher_list', 'matchers', i)
      const outcome = inner(field.onMatch, at.at('on_match'))
      return outcome === null ? [] : [{ predicate: decodePredicate(field.predicate, at.at('predicate'), 0), outcome }]
    })
    return { kind: 'list', fields, otherwise }
  }
  if (depth <= MAX_DEPTH && type?.$case === 'matcherTree') {
    const at = report.at('matcher_tree')
    const tree = type.value.treeType
    const map = new Map<string, MatcherOutcome>()
    if (tree === undefined || tree.$case === 'customMatch') at.refuse('unsupported-match', 'must have exact_match_map or prefix_match_map')
    for (const [key, on] of tree === undefined || tree.$case === 'customMatch' ? [] : Object.entries(tree.value.map)) {
      const outcome = inner(on, at.at(`map["${key}"]`))
      if (outcome !== null) map.set(key, outcome)
    }
    const keys = tree?.$case === 'prefixMatchMap' ? 'prefix' : 'exact'
    return { kind: 'tree', input: decodeInput(type.value.input, at.at('input')), keys, map, otherwise }
  }
  if (type === undefined) report.refuse('required', 'must have matcher_list or matcher_tree')
  return { kind: 'list', fields: [], otherwise }
}

function decodeOutcome(on: Matcher_OnMatch | undefined, decodeRoute: DecodeRoute, report: Report, depth: number): MatcherOutcome | null {
  const outcome = on?.onMatch
  if (outcome?.$case === 'matcher') {
    return { kind: 'matcher', matcher: decodeRouteMatcher(outcome.value, decodeRoute, report.at('matcher'), depth + 1) }
  }
  const config = outcome?.value.typedConfig
  const at = report.at('action', 'typed_config')
  try {
    if (config?.typeUrl === ROUTE) return { kind: 'routes', routes: [decodeRoute(Route.decode(config.value), at)] }
    if (config?.typeUrl === ROUTE_LIST) {
      const { routes } = RouteList.decode(config.value)
      return { kind: 'routes', routes: routes.map((route, i) => decodeRoute(route, at.at('routes', i))) }
    }
    at.refuse('unsupported-action', `'${config?.typeUrl ?? 'nothing'}' is not supported`)
  } catch (error) {
    at.refuse('malformed', messageOf(error))
  }
  return null
}

const NEVER: MatcherPredicate = { kind: 'any', predicates: [] }

function decodePredicate(predicate: Matcher_MatcherList_Predicate | undefined, report: Report, depth: number): MatcherPredicate {
  const type = predicate?.matchType
  if (depth > MAX_DEPTH) {
    report.refuse('too-deep', `has more than ${MAX_DEPTH} predicates inside each other`)
    return NEVER
  }
  switch (type?.$case) {
    case 'singlePredicate': {
      const { input, matcher } = type.value
      const at = report.at('single_predicate')
      if (matcher?.$case !== 'valueMatch') {
        at.refuse('unsupported-match', 'must have value_match')
        return NEVER
      }
      return {
        kind: 'value',
        input: decodeInput(input, at.at('input')),
        match: decodeStringMatch(asEnvoy(matcher.value), at.at('value_match')),
      }
    }
    case 'orMatcher':
    case 'andMatcher': {
      const kind = type.$case === 'orMatcher' ? 'any' : 'all'
      const at = report.at(kind === 'any' ? 'or_matcher' : 'and_matcher', 'predicate')
      return { kind, predicates: type.value.predicate.map((one, i) => decodePredicate(one, at.at(i), depth + 1)) }
    }
    case 'notMatcher':
      return { kind: 'not', predicate: decodePredicate(type.value, report.at('not_matcher'), depth + 1) }
    case undefined:
      report.refuse('required', 'must say what to match')
      return NEVER
  }
}

function decodeInput(config: TypedExtensionConfig | undefined, report: Report): MatcherInput {
  const typed = config?.typedConfig
  try {
    if (typed?.typeUrl === `${INPUTS}HttpRequestHeaderMatchInput`) {
      return { kind: 'header', name: HttpRequestHeaderMatchInput.decode(typed.value).headerName.toLowerCase() }
    }
    if (typed?.typeUrl === `${INPUTS}HttpRequestQueryParamMatchInput`) {
      return { kind: 'query-parameter', name: HttpRequestQueryParamMatchInput.decode(typed.value).queryParam }
    }
    report.refuse('unsupported-match', `'${typed?.typeUrl ?? 'nothing'}' is not supported`)
  } catch (error) {
    report.refuse('malformed', messageOf(error))
  }
  return { kind: 'header', name: '' }
}

/** The same message under xDS' own name. */
function asEnvoy({ matchPattern: pattern, ignoreCase }: StringMatcher): EnvoyStringMatcher {
  if (pattern?.$case !== 'safeRegex') return { matchPattern: pattern, ignoreCase }
  return { matchPattern: { $case: 'safeRegex', value: { regex: pattern.value.regex, engineType: undefined } }, ignoreCase }
}
