import { type AccessLogFilter, type ComparisonFilter, ComparisonFilter_Op } from '@meshwork/protos/envoy/config/accesslog/v3/accesslog'
import { responseFlagBit } from '../http/response-flags.ts'
import type { ComparisonOperator, LogFilterConfig } from '../model/access-log-filter.ts'
import type { Report } from './report.ts'
import { decodeHeaderMatch } from './header-match.ts'
import { partsPerMillion } from './scalars.ts'

/** Longest nesting of `and` and `or`. */
const MAX_DEPTH = 16
const EVERYTHING: LogFilterConfig = { kind: 'and', filters: [] }

export function decodeLogFilter(filter: AccessLogFilter | undefined, report: Report, depth: number = 0): LogFilterConfig {
  const specifier = filter?.filterSpecifier
  if (depth > MAX_DEPTH) {
    report.refuse('too-deep', `must not be nested more than ${MAX_DEPTH} times`)
    return EVERYTHING
  }
  switch (specifier?.$case) {
    case 'statusCodeFilter':
      return { kind: 'status', ...comparison(specifier.value.comparison, report.at('status_code_filter', 'comparison')) }
    case 'durationFilter': {
      const { operator, value } = comparison(specifier.value.comparison, report.at('duration_filter', 'comparison'))
      return { kind: 'duration', operator, valueMs: value }
    }
    case 'notHealthCheckFilter':
      return { kind: 'not-health-check' }
    case 'traceableFilter':
      return { kind: 'traceable' }
    case 'runtimeFilter': {
      const { percentSampled, useIndependentRandomness } = specifier.value
      return {
        kind: 'share',
        perMillion: percentSampled === undefined ? 0 : partsPerMillion(percentSampled),
        independent: useIndependentRandomness,
      }
    }
    case 'andFilter':
      return { kind: 'and', filters: several(specifier.value.filters, report.at('and_filter', 'filters'), depth) }
    case 'orFilter':
      return { kind: 'or', filters: several(specifier.value.filters, report.at('or_filter', 'filters'), depth) }
    case 'headerFilter':
      return headerFilter(specifier.value.header, report.at('header_filter', 'header'))
    case 'responseFlagFilter':
      return { kind: 'flags', mask: flagMask(specifier.value.flags, report.at('response_flag_filter', 'flags')) }
    case 'grpcStatusFilter':
      return { kind: 'grpc-status', codes: specifier.value.statuses, exclude: specifier.value.exclude }
    default:
      report.refuse('unsupported-filter', specifier === undefined ? 'must say what to filter by' : `'${specifier.$case}' is not supported`)
      return EVERYTHING
  }
}

function several(filters: readonly AccessLogFilter[], report: Report, depth: number): readonly LogFilterConfig[] {
  if (filters.length < 2) report.refuse('required', 'must have at least two')
  return filters.map((filter, i) => decodeLogFilter(filter, report.at(i), depth + 1))
}

function headerFilter(header: Parameters<typeof decodeHeaderMatch>[0] | undefined, report: Report): LogFilterConfig {
  if (header !== undefined) return { kind: 'header', match: decodeHeaderMatch(header, report) }
  report.refuse('required', 'must be set')
  return EVERYTHING
}

function flagMask(flags: readonly string[], report: Report): number {
  let mask = 0
  for (const [i, flag] of flags.entries()) {
    const bit = responseFlagBit(flag)
    if (bit === 0) report.at(i).refuse('unknown-value', `'${flag}' is no response flag`)
    mask |= bit
  }
  return mask
}

const OPERATORS: ReadonlyMap<number, ComparisonOperator> = new Map([
  [ComparisonFilter_Op.EQ, 'equal'],
  [ComparisonFilter_Op.GE, 'at-least'],
  [ComparisonFilter_Op.LE, 'at-most'],
  // `NE`, which is newer than our definitions.
  [3, 'not-equal'],
])

/** The default of the value counts: there is no runtime layer that could say otherwise. */
function comparison(filter: ComparisonFilter | undefined, report: Report): { operator: ComparisonOperator; value: number } {
  const operator = OPERATORS.get(filter?.op ?? 0)
  if (filter?.value === undefined) report.at('value').refuse('required', 'must be set')
  if (operator === undefined) report.at('op').refuse('unknown-value', `${filter?.op ?? 0} is not an operator`)
  return { operator: operator ?? 'equal', value: filter?.value?.defaultValue ?? 0 }
}
