import {
  type HealthCheck,
  type HealthCheck_GrpcHealthCheck,
  type HealthCheck_HttpHealthCheck,
  type HealthCheck_Payload,
  type HealthCheck_TcpHealthCheck,
} from '@meshwork/protos/envoy/config/core/v3/health_check'
import { type HeaderValueOption, HeaderValueOption_HeaderAppendAction, RequestMethod } from '@meshwork/protos/envoy/config/core/v3/base'
import { CodecClientType } from '@meshwork/protos/envoy/type/v3/http'
import type { Int64Range } from '@meshwork/protos/envoy/type/v3/range'
import type {
  CheckHeader,
  GrpcCheckConfig,
  HealthCheckConfig,
  HttpCheckConfig,
  StatusRange,
  TcpCheckConfig,
} from '../model/health-check.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import type { Report } from './report.ts'
import { decodeStringMatch } from './string-match.ts'
import { durationMs, required } from './scalars.ts'

const FIELDS: FieldPolicy<HealthCheck> = {
  read: [
    'timeout',
    'interval',
    'initialJitter',
    'intervalJitter',
    'intervalJitterPercent',
    'unhealthyThreshold',
    'healthyThreshold',
    'altPort',
    'reuseConnection',
    'healthChecker',
    'noTrafficInterval',
    'noTrafficHealthyInterval',
    'unhealthyInterval',
    'unhealthyEdgeInterval',
    'healthyEdgeInterval',
    'transportSocketMatchCriteria',
  ],
  // Only what is written about checks, beside the statistics.
  // What is written into a log of events, which is refused.
  harmless: ['alwaysLogHealthCheckFailures', 'alwaysLogHealthCheckSuccess'],
}

const DEFAULT_NO_TRAFFIC_MS = 60_000
const LARGEST_THRESHOLD = 0xffff_ffff

/** `Cluster.health_checks`: at most one, as Envoy has it. */
export function decodeHealthChecks(checks: readonly HealthCheck[], http2: boolean, report: Report): HealthCheckConfig | null {
  if (checks.length > 1) report.refuse('too-many', 'may have one health check only')
  const [check] = checks
  return check === undefined ? null : decodeHealthCheck(check, http2, report.at(0))
}

function decodeHealthCheck(check: HealthCheck, http2: boolean, report: Report): HealthCheckConfig {
  refuseOtherFields(check, FIELDS, report)
  return {
    ...decodeIntervals(check, report),
    timeoutMs: positive(durationMs(check.timeout, 0, report.at('timeout')), report.at('timeout')),
    intervalJitterPercent: check.intervalJitterPercent,
    unhealthyThreshold: Math.min(threshold(check.unhealthyThreshold, report.at('unhealthy_threshold')), LARGEST_THRESHOLD),
    healthyThreshold: Math.min(threshold(check.healthyThreshold, report.at('healthy_threshold')), LARGEST_THRESHOLD),
    reuseConnection: check.reuseConnection ?? true,
    altPort: check.altPort ?? null,
    socketCriteria: check.transportSocketMatchCriteria ?? null,
    alpn: [],
    checker: decodeChecker(check.healthChecker, http2, report),
  }
}

type Intervals = Pick<HealthCheckConfig, Extract<keyof HealthCheckConfig, `${string}IntervalMs` | 'intervalMs' | `${string}JitterMs`>>

function decodeIntervals(check: HealthCheck, report: Report): Intervals {
  const intervalMs = positive(durationMs(check.interval, 0, report.at('interval')), report.at('interval'))
  const noTrafficIntervalMs = durationMs(check.noTrafficInterval, DEFAULT_NO_TRAFFIC_MS, report.at('no_traffic_interval'))
  const unhealthyIntervalMs = durationMs(check.unhealthyInterval, intervalMs, report.at('unhealthy_interval'))
  return {
    intervalMs,
    initialJitterMs: durationMs(check.initialJitter, 0, report.at('initial_jitter')),
    intervalJitterMs: durationMs(check.intervalJitter, 0, report.at('interval_jitter')),
    noTrafficIntervalMs,
    noTrafficHealthyIntervalMs: durationMs(check.noTrafficHealthyInterval, noTrafficIntervalMs, report.at('no_traffic_healthy_interval')),
    unhealthyIntervalMs,
    unhealthyEdgeIntervalMs: durationMs(check.unhealthyEdgeInterval, unhealthyIntervalMs, report.at('unhealthy_edge_interval')),
    healthyEdgeIntervalMs: durationMs(check.healthyEdgeInterval, intervalMs, report.at('healthy_edge_interval')),
  }
}

function decodeChecker(checker: HealthCheck['healthChecker'], http2: boolean, report: Report): HealthCheckConfig['checker'] {
  switch (checker?.$case) {
    case 'httpHealthCheck':
      return decodeHttp(checker.value, report.at('http_health_check'))
    case 'tcpHealthCheck':
      return decodeTcp(checker.value, report.at('tcp_health_check'))
    case 'grpcHealthCheck':
      if (!http2) report.at('grpc_health_check').refuse('bad-protocol', 'needs a cluster that speaks HTTP/2')
      return decodeGrpc(checker.value, report.at('grpc_health_check'))
    default:
      report.refuse('unsupported-checker', checker === undefined ? 'must have a checker' : `'${checker.$case}' is not supported`)
      return { kind: 'tcp', send: null, receive: [] }
  }
}

const HTTP_FIELDS: FieldPolicy<HealthCheck_HttpHealthCheck> = {
  read: [
    'host',
    'path',
    'receive',
    'requestHeadersToAdd',
    'requestHeadersToRemove',
    'expectedStatuses',
    'serviceNameMatcher',
    'retriableStatuses',
    'codecClientType',
    'method',
  ],
  // How much of the body is kept for `receive`: ours keeps what that needs.
  harmless: ['responseBufferSize'],
}

const METHODS: ReadonlyMap<number, string> = new Map([
  [RequestMethod.METHOD_UNSPECIFIED, 'GET'],
  [RequestMethod.GET, 'GET'],
  [RequestMethod.HEAD, 'HEAD'],
  [RequestMethod.POST, 'POST'],
  [RequestMethod.PUT, 'PUT'],
  [RequestMethod.DELETE, 'DELETE'],
  [RequestMethod.OPTIONS, 'OPTIONS'],
  [RequestMethod.TRACE, 'TRACE'],
  [RequestMethod.PATCH, 'PATCH'],
])

function decodeHttp(check: HealthCheck_HttpHealthCheck, report: Report): HttpCheckConfig {
  refuseOtherFields(check, HTTP_FIELDS, report)
  const method = METHODS.get(check.method)
  if (method === undefined) report.at('method').refuse('bad-method', 'cannot be used for checks')
  if (/[\s\0]/.test(check.path)) report.at('path').refuse('bad-path', 'must not contain white space')
  if (check.codecClientType === CodecClientType.HTTP3)
    report.at('codec_client_type').refuse('unsupported-protocol', 'HTTP3 is not supported')
  return {
    kind: 'http',
    method: method ?? 'GET',
    path: required(check.path, report.at('path')),
    host: check.host,
    headers: check.requestHeadersToAdd.map(decodeHeader),
    removeHeaders: check.requestHeadersToRemove.map(name => name.toLowerCase()),
    serviceName:
      check.serviceNameMatcher === undefined ? null : decodeStringMatch(check.serviceNameMatcher, report.at('service_name_matcher')),
    expected:
      check.expectedStatuses.length === 0
        ? [{ start: 200, end: 201 }]
        : decodeRanges(check.expectedStatuses, report.at('expected_statuses')),
    retriable: decodeRanges(check.retriableStatuses, report.at('retriable_statuses')),
    http2: check.codecClientType === CodecClientType.HTTP2,
    receive: check.receive.map((payload, i) => decodePayload(payload, report.at('receive', i))),
  }
}

function decodeTcp(check: HealthCheck_TcpHealthCheck, report: Report): TcpCheckConfig {
  refuseOtherFields(check, { read: ['send', 'receive'], harmless: [] }, report)
  return {
    kind: 'tcp',
    send: check.send === undefined ? null : decodePayload(check.send, report.at('send')),
    receive: check.receive.map((payload, i) => decodePayload(payload, report.at('receive', i))),
  }
}

function decodeGrpc(check: HealthCheck_GrpcHealthCheck, report: Report): GrpcCheckConfig {
  refuseOtherFields(check, { read: ['serviceName', 'authority', 'initialMetadata'], harmless: [] }, report)
  return { kind: 'grpc', serviceName: check.serviceName, authority: check.authority, headers: check.initialMetadata.map(decodeHeader) }
}

function decodeHeader({ header, append, appendAction }: HeaderValueOption): CheckHeader {
  const overwrites = append === false || appendAction === HeaderValueOption_HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD
  return { name: (header?.key ?? '').toLowerCase(), value: header?.value ?? '', append: !overwrites }
}

function decodeRanges(ranges: readonly Int64Range[], report: Report): readonly StatusRange[] {
  return ranges.map(({ start, end }, i) => {
    const range = { start: Number(start), end: Number(end) }
    if (range.start < 100 || range.end > 600 || range.end <= range.start) {
      report.at(i).refuse('bad-range', 'must be a half-open range of statuses between 100 and 600')
    }
    return range
  })
}

/** HealthCheck.Payload: hexadecimal text, or bytes. */
function decodePayload({ payload }: HealthCheck_Payload, report: Report): Buffer {
  if (payload?.$case === 'binary') return Buffer.from(payload.value)
  const text = payload?.value ?? ''
  if (text === '' || text.length % 2 !== 0 || !/^[0-9a-fA-F]+$/.test(text))
    report.refuse('bad-payload', 'must be hexadecimal digits in pairs')
  return Buffer.from(text, 'hex')
}

function positive(ms: number, report: Report): number {
  if (ms <= 0) report.refuse('required', 'must be more than 0')
  return Math.max(1, ms)
}

function threshold(value: number | undefined, report: Report): number {
  if (value === undefined) report.refuse('required', 'must be set')
  return value ?? 1
}
