import type { LogCondition } from '@meshwork/config/kinds'
import { type AccessLogFilter, ComparisonFilter_Op } from '@meshwork/protos/envoy/config/accesslog/v3/accesslog'
import { HeaderMatcher } from '@meshwork/protos/envoy/config/route/v3/route_components'

/** Which requests are logged, in Envoy's own filters: every proxy has them. */
export function buildLogFilter(condition: LogCondition): AccessLogFilter {
  switch (condition.kind) {
    case 'all':
      return { filterSpecifier: { $case: 'andFilter', value: { filters: condition.of.map(buildLogFilter) } } }
    case 'any':
      return { filterSpecifier: { $case: 'orFilter', value: { filters: condition.of.map(buildLogFilter) } } }
    case 'status':
      return statusFilter(condition.operator, condition.value)
    case 'header':
      return { filterSpecifier: { $case: 'headerFilter', value: { header: headerMatcher(condition) } } }
  }
}

function statusFilter(operator: Extract<LogCondition, { kind: 'status' }>['operator'], value: number): AccessLogFilter {
  switch (operator) {
    case 'equal':
      return comparison(ComparisonFilter_Op.EQ, value)
    case 'at-least':
      return comparison(ComparisonFilter_Op.GE, value)
    case 'at-most':
      return comparison(ComparisonFilter_Op.LE, value)
    case 'not-equal': {
      const filters = [comparison(ComparisonFilter_Op.LE, Math.max(0, value - 1)), comparison(ComparisonFilter_Op.GE, value + 1)]
      return { filterSpecifier: { $case: 'orFilter', value: { filters } } }
    }
  }
}

function comparison(op: ComparisonFilter_Op, defaultValue: number): AccessLogFilter {
  const value = { defaultValue, runtimeKey: 'access_log.status' }
  return { filterSpecifier: { $case: 'statusCodeFilter', value: { comparison: { op, value } } } }
}

function headerMatcher({ name, value, not }: Extract<LogCondition, { kind: 'header' }>): HeaderMatcher {
  if (value === undefined)
    return HeaderMatcher.fromPartial({ name, headerMatchSpecifier: { $case: 'presentMatch', value: true }, invertMatch: not })
  return HeaderMatcher.fromPartial({
    name,
    headerMatchSpecifier: { $case: 'stringMatch', value: { matchPattern: { $case: 'exact', value } } },
    invertMatch: not,
    treatMissingHeaderAsEmpty: not,
  })
}
