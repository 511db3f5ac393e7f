import type { ComparisonOperator, LogFilterConfig } from '../model/access-log-filter.ts'
import type { HeaderMatch } from '../model/match.ts'
import { compileHeaderMatch, type RequestPredicate } from '../route/match-header.ts'
import { HeaderTable } from '../http/header-table.ts'
import { reasonOf } from '../tracing/sampling.ts'
import type { StreamInfo } from './stream-info.ts'

export type LogFilter = (info: StreamInfo) => boolean

/** Compiles a filter of access logs or local replies. `random` gives numbers in [0, 1). */
export function compileLogFilter(config: LogFilterConfig, random: () => number): LogFilter {
  switch (config.kind) {
    case 'status':
      return info => compare(info.status, config.operator, config.value)
    case 'duration':
      return info => compare(Math.floor(info.durationMs()), config.operator, config.valueMs)
    case 'not-health-check':
      return info => !info.healthCheck
    case 'traceable':
      return info => info.span !== null && !info.healthCheck && reasonOf(info.requestId) !== 'none'
    case 'share':
      return () => random() * 1_000_000 < config.perMillion
    case 'and': {
      const filters = config.filters.map(filter => compileLogFilter(filter, random))
      return info => filters.every(filter => filter(info))
    }
    case 'or': {
      const filters = config.filters.map(filter => compileLogFilter(filter, random))
      return info => filters.some(filter => filter(info))
    }
    case 'header':
      return headerFilter(config.match)
    case 'flags':
      return info => (config.mask === 0 ? info.flags !== 0 : (info.flags & config.mask) !== 0)
    case 'grpc-status':
      return info => config.codes.includes(grpcStatus(info)) !== config.exclude
  }
}

function compare(value: number, operator: ComparisonOperator, limit: number): boolean {
  switch (operator) {
    case 'equal':
      return value === limit
    case 'at-least':
      return value >= limit
    case 'at-most':
      return value <= limit
    case 'not-equal':
      return value !== limit
  }
}

const NO_HEADERS = new HeaderTable()

function noMetadata(): null {
  return null
}

function headerFilter(match: HeaderMatch): LogFilter {
  const test: RequestPredicate = compileHeaderMatch(match)
  return info =>
    test({
      method: info.method,
      path: info.path,
      authority: info.authority,
      scheme: info.scheme,
      requestHeaders: info.requestHeaders ?? NO_HEADERS,
      connection: info.connection,
      dynamicMetadata: noMetadata,
    })
}

/** GrpcStatusFilter: of the trailers, else the headers, else what the HTTP status comes to (2 for unknown). */
function grpcStatus(info: StreamInfo): number {
  const text = info.responseTrailers?.get('grpc-status') ?? info.responseHeaders?.get('grpc-status') ?? null
  if (text !== null && /^\d{1,2}$/.test(text)) return Number(text)
  return HTTP_TO_GRPC.get(info.status) ?? 2
}

/** The mapping that gRPC prescribes to clients (its document "HTTP to gRPC Status Code Mapping"). */
const HTTP_TO_GRPC: ReadonlyMap<number, number> = new Map([
  [400, 13],
  [401, 16],
  [403, 7],
  [404, 12],
  [429, 14],
  [502, 14],
  [503, 14],
  [504, 14],
])
