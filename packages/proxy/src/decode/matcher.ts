import { messageOf } from '@meshwork/core/result'
import type { StringMatcher as EnvoyStringMatcher } from '@meshwork/protos/envoy/type/matcher/v3/string'
import type { Any } from '@meshwork/protos/google/protobuf/any'
import { IPMatcher } from '@meshwork/protos/xds/type/matcher/v3/ip'
import type {
  Matcher as ProtoMatcher,
  Matcher_MatcherList_Predicate,
  Matcher_MatcherTree,
  Matcher_OnMatch,
} from '@meshwork/protos/xds/type/matcher/v3/matcher'
import type { StringMatcher } from '@meshwork/protos/xds/type/matcher/v3/string'
import type { Matcher, MatcherInput, MatcherOutcome, MatcherPredicate, RangeMatcher } from '../model/matcher.ts'
import { decodeCidr } from './address.ts'
import { decodeMatcherInput } from './matcher-input.ts'
import type { Report } from './report.ts'
import { decodeStringMatch } from './string-match.ts'
import { unpack } from './unpack.ts'

const IP_MATCHER = 'type.googleapis.com/xds.type.matcher.v3.IPMatcher'
/** Matchers inside matchers, and predicates inside predicates. */
const MAX_DEPTH = 32

/** What may be looked at where a matcher stands, and what its leaves are. */
export interface MatcherTerms<A> {
  readonly inputs: ReadonlySet<MatcherInput['kind']>
  /** null: refused. May throw where the bytes are none of the message. */
  decodeAction(config: Any | undefined, report: Report): A | null
}

/** `xds.type.matcher.v3.Matcher`. */
export function decodeMatcher<A>(matcher: ProtoMatcher, terms: MatcherTerms<A>, report: Report, depth: number = 0): Matcher<A> {
  const { matcherType: type, onNoMatch } = matcher
  const otherwise = onNoMatch === undefined ? null : decodeOutcome(onNoMatch, terms, report.at('on_no_match'), depth)
  if (depth > MAX_DEPTH) {
    report.refuse('too-deep', `has more than ${MAX_DEPTH} matchers inside each other`)
  } else if (type?.$case === 'matcherList') {
    const fields = type.value.matchers.flatMap((field, i) => {
      const at = report.at('matcher_list', 'matchers', i)
      const outcome = decodeOutcome(field.onMatch, terms, at.at('on_match'), depth)
      return outcome === null ? [] : [{ predicate: decodePredicate(field.predicate, terms, at.at('predicate'), 0), outcome }]
    })
    return { kind: 'list', fields, otherwise }
  } else if (type?.$case === 'matcherTree') {
    return decodeTree(type.value, otherwise, terms, report.at('matcher_tree'), depth)
  } else if (otherwise === null) {
    report.refuse('required', 'must have matcher_list or matcher_tree')
  }
  return { kind: 'list', fields: [], otherwise }
}

function decodeTree<A>(
  { input: config, treeType: tree }: Matcher_MatcherTree,
  otherwise: MatcherOutcome<A> | null,
  terms: MatcherTerms<A>,
  report: Report,
  depth: number,
): Matcher<A> {
  const input = decodeInput(config, terms, report.at('input'))
  if (tree?.$case === 'customMatch') {
    const ranges = decodeRanges(tree.value.typedConfig, terms, report.at('custom_match', 'typed_config'), depth)
    return { kind: 'ranges', input, ranges, otherwise }
  }
  const map = new Map<string, MatcherOutcome<A>>()
  if (tree === undefined) report.refuse('unsupported-match', 'must have exact_match_map, prefix_match_map or custom_match')
  const field = tree?.$case === 'prefixMatchMap' ? 'prefix_match_map' : 'exact_match_map'
  for (const [key, on] of Object.entries(tree?.value.map ?? {})) {
    const outcome = decodeOutcome(on, terms, report.at(field, `map["${key}"]`), depth)
    if (outcome !== null) map.set(key, outcome)
  }
  return { kind: 'tree', input, keys: tree?.$case === 'prefixMatchMap' ? 'prefix' : 'exact', map, otherwise }
}

function decodeRanges<A>(config: Any | undefined, terms: MatcherTerms<A>, report: Report, depth: number): readonly RangeMatcher<A>[] {
  const matchers = unpack(config, IP_MATCHER, IPMatcher, report)?.rangeMatchers ?? []
  return matchers.flatMap(({ ranges, onMatch, exclusive }, i) => {
    const at = report.at('range_matchers', i)
    if (ranges.length === 0) at.at('ranges').refuse('required', 'must not be empty')
    const outcome = decodeOutcome(onMatch, terms, at.at('on_match'), depth)
    return outcome === null ? [] : [{ ranges: ranges.map((range, j) => decodeCidr(range, at.at('ranges', j))), outcome, exclusive }]
  })
}

function decodeOutcome<A>(
  on: Matcher_OnMatch | undefined,
  terms: MatcherTerms<A>,
  report: Report,
  depth: number,
): MatcherOutcome<A> | null {
  const outcome = on?.onMatch
  if (outcome?.$case === 'matcher') {
    return { kind: 'matcher', matcher: decodeMatcher(outcome.value, terms, report.at('matcher'), depth + 1) }
  }
  const at = report.at('action', 'typed_config')
  try {
    const action = terms.decodeAction(outcome?.value.typedConfig, at)
    return action === null ? null : { kind: 'action', action }
  } catch (error) {
    at.refuse('malformed', messageOf(error))
    return null
  }
}

const NEVER: MatcherPredicate = { kind: 'any', predicates: [] }

function decodePredicate<A>(
  predicate: Matcher_MatcherList_Predicate | undefined,
  terms: MatcherTerms<A>,
  report: Report,
  depth: number,
): MatcherPredicate {
  const type = predicate?.matchType
  if (depth > MAX_DEPTH) {
    report.refuse('too-deep', `has more than ${MAX_DEPTH} predicates inside each other`)
    return NEVER
  }
  switch (type?.$case) {
    case 'singlePredicate': {
      const { input: config, matcher } = type.value
      const at = report.at('single_predicate')
      const input = decodeInput(config, terms, at.at('input'))
      if (matcher?.$case === 'valueMatch') {
        return { kind: 'value', input, match: decodeStringMatch(asEnvoy(matcher.value), at.at('value_match')) }
      }
      const custom = matcher?.value.typedConfig?.typeUrl
      if (custom === undefined) at.refuse('unsupported-match', 'must have value_match')
      else at.at('custom_match').refuse('unsupported-match', `${custom} is not supported`)
      return NEVER
    }
    case 'orMatcher':
    case 'andMatcher': {
      const kind = type.$case === 'orMatcher' ? 'any' : 'all'
      const at = report.at(kind === 'any' ? 'or_matcher' : 'and_matcher', 'predicate')
      return { kind, predicates: type.value.predicate.map((one, i) => decodePredicate(one, terms, at.at(i), depth + 1)) }
    }
    case 'notMatcher':
      return { kind: 'not', predicate: decodePredicate(type.value, terms, report.at('not_matcher'), depth + 1) }
    case undefined:
      report.refuse('required', 'must say what to match')
      return NEVER
  }
}

function decodeInput<A>(
  config: { readonly typedConfig: Any | undefined } | undefined,
  { inputs }: MatcherTerms<A>,
  report: Report,
): MatcherInput {
  return decodeMatcherInput(config?.typedConfig, inputs, report)
}

/** The same message under xDS' own name. */
function asEnvoy({ matchPattern: pattern, ignoreCase }: StringMatcher): EnvoyStringMatcher {
  if (pattern?.$case !== 'safeRegex') return { matchPattern: pattern, ignoreCase }
  return { matchPattern: { $case: 'safeRegex', value: { regex: pattern.value.regex, engineType: undefined } }, ignoreCase }
}
