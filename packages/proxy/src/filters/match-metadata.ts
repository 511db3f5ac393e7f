import type { MetadataMatcher } from '@meshwork/protos/envoy/type/matcher/v3/metadata'
import type { ValueMatcher } from '@meshwork/protos/envoy/type/matcher/v3/value'
import type { Report } from '../decode/report.ts'
import { decodeStringMatch } from '../decode/string-match.ts'
import { required } from '../decode/scalars.ts'
import { compileStringMatch } from '../route/match-string.ts'

type ValueTest = (value: unknown) => boolean

/** `envoy.type.matcher.v3.MetadataMatcher`, compiled. */
export interface MetadataMatch {
  readonly namespace: string
  readonly path: readonly string[]
  /** What is not there is undefined. */
  readonly test: ValueTest
  readonly invert: boolean
}

export function decodeMetadataMatch(matcher: MetadataMatcher, report: Report): MetadataMatch {
  if (matcher.path.length === 0) report.at('path').refuse('required', 'must not be empty')
  return {
    namespace: required(matcher.filter, report.at('filter')),
    path: matcher.path.map(({ segment }, i) => required(segment?.value ?? '', report.at('path', i, 'key'))),
    test: decodeValueMatch(matcher.value, report.at('value')),
    invert: matcher.invert,
  }
}

export function matchesMetadata(match: MetadataMatch, metadata: Readonly<Record<string, unknown>> | null): boolean {
  let value: unknown = metadata ?? undefined
  for (const key of match.path) value = isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined
  return match.test(value) !== match.invert
}

/** Deepest nesting of matchers that makes sense. */
const MAX_DEPTH = 16

function decodeValueMatch(matcher: ValueMatcher | undefined, report: Report, depth: number = 0): ValueTest {
  const pattern = matcher?.matchPattern
  if (depth > MAX_DEPTH) report.refuse('too-deep', `has more than ${MAX_DEPTH} levels`)
  switch (depth > MAX_DEPTH ? undefined : pattern?.$case) {
    case 'nullMatch':
      return value => value === null
    case 'boolMatch':
      return value => value === pattern?.value
    case 'presentMatch':
      return value => (value !== undefined) === (pattern?.value === true)
    default:
      return decodeCompound(pattern, report, depth)
  }
}

function decodeCompound(pattern: ValueMatcher['matchPattern'], report: Report, depth: number): ValueTest {
  switch (pattern?.$case) {
    case 'stringMatch': {
      const test = compileStringMatch(decodeStringMatch(pattern.value, report.at('string_match')))
      return value => typeof value === 'string' && test(value)
    }
    case 'doubleMatch': {
      const kind = pattern.value.matchPattern
      if (kind?.$case === 'exact') return value => value === kind.value
      if (kind?.$case === 'range') return value => typeof value === 'number' && value >= kind.value.start && value < kind.value.end
      break
    }
    case 'listMatch': {
      const one = pattern.value.matchPattern?.value
      const test = decodeValueMatch(one, report.at('list_match', 'one_of'), depth + 1)
      return value => Array.isArray(value) && value.some(test)
    }
    case 'orMatch': {
      const tests = pattern.value.valueMatchers.map((inner, i) =>
        decodeValueMatch(inner, report.at('or_match', 'value_matchers', i), depth + 1),
      )
      return value => tests.some(test => test(value))
    }
  }
  report.refuse('required', 'must say what to match')
  return () => false
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
