import type { FractionalPercent } from '@meshwork/protos/envoy/type/v3/percent'
import { FractionalPercent_DenominatorType } from '@meshwork/protos/envoy/type/v3/percent'
import type { Metadata } from '@meshwork/protos/envoy/config/core/v3/base'
import type { Duration } from '@meshwork/protos/google/protobuf/duration'
import { RE2JS } from 're2js'
import { messageOf } from '@meshwork/core/result'
import { regexSize } from './regex-size.ts'
import type { Report } from './report.ts'
import { MAX_REGEX_SIZE, MAX_REGEX_SIZE_OF_ALL } from './resource-limits.ts'

/** Longest duration that means anything here: timers take no more than 2^31-1 ms. */
const LONGEST_MS = 2 ** 31 - 1

/** Milliseconds, `fallback` when absent. Negative ones are refused; longer ones than a timer takes are cut. */
export function durationMs(duration: Duration | undefined, fallback: number, report: Report): number {
  if (duration === undefined) return fallback
  const ms = Number(duration.seconds) * 1000 + duration.nanos / 1e6
  if (ms < 0) {
    report.refuse('negative-duration', 'must not be negative')
    return fallback
  }
  // Less than a millisecond is still a limit, and 0 would mean none.
  return ms === 0 ? 0 : Math.min(Math.max(Math.round(ms), 1), LONGEST_MS)
}

const PARTS_PER: ReadonlyMap<number, number> = new Map([
  [FractionalPercent_DenominatorType.HUNDRED, 10_000],
  [FractionalPercent_DenominatorType.TEN_THOUSAND, 100],
  [FractionalPercent_DenominatorType.MILLION, 1],
])

/** Parts of a million, at most a million. */
export function partsPerMillion(percent: FractionalPercent): number {
  return Math.min(percent.numerator * (PARTS_PER.get(percent.denominator) ?? 0), 1_000_000)
}

/** Longest regular expression that is compiled. */
const MAX_REGEX_LENGTH = 4096

/** Checks that `pattern` is an RE2 expression of bearable size, alone and with the others of its resource, and returns it. */
export function regexText(pattern: string, report: Report): string {
  const problem = regexProblem(pattern, report)
  if (problem !== null) {
    report.refuse(...problem)
    return pattern
  }
  try {
    RE2JS.compile(pattern)
  } catch (error) {
    report.refuse('bad-regex', `is not an RE2 expression: ${messageOf(error)}`)
  }
  return pattern
}

/** Code and text of what forbids even to compile it. */
function regexProblem(pattern: string, report: Report): [code: string, message: string] | null {
  const { length } = pattern
  if (length > MAX_REGEX_LENGTH) return ['regex-too-long', `has ${length} characters, more than ${MAX_REGEX_LENGTH}`]
  const size = regexSize(pattern)
  if (size > MAX_REGEX_SIZE) return ['regex-too-large', `compiles to about ${size} instructions, more than ${MAX_REGEX_SIZE}`]
  if (report.spendRegex(size)) return null
  return ['too-many-regexes', `is too much with the others, which may compile to ${MAX_REGEX_SIZE_OF_ALL} instructions together`]
}

/** `filter_metadata`: what logs, our own filters and host selection read. */
export function filterMetadata(metadata: Metadata | undefined): Readonly<Record<string, unknown>> {
  return metadata?.filterMetadata ?? {}
}

/** The field must not be empty. */
export function required(text: string, report: Report): string {
  if (text === '') report.refuse('required', 'must not be empty')
  return text
}
