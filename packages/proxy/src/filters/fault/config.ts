import type { FaultDelay, FaultRateLimit } from '@meshwork/protos/envoy/extensions/filters/common/fault/v3/fault'
import { type FaultAbort, HTTPFault } from '@meshwork/protos/envoy/extensions/filters/http/fault/v3/fault'
import type { FractionalPercent } from '@meshwork/protos/envoy/type/v3/percent'
import { codecFor } from '../../decode/define-codec.ts'
import type { FieldPolicy } from '../../decode/field-policy.ts'
import type { HttpFilterCodec } from '../../decode/filter-codec.ts'
import type { Report } from '../../decode/report.ts'
import { decodeHeaderMatch } from '../../decode/header-match.ts'
import { durationMs, partsPerMillion } from '../../decode/scalars.ts'
import { compileHeaderMatch } from '../../route/match-header.ts'
import { faultBlueprint } from './filter.ts'
import { type AbortFault, type DelayFault, FaultSettings, type RateFault, type Share } from './settings.ts'

const TYPE = 'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault'

const FIELDS: FieldPolicy<HTTPFault> = {
  read: ['delay', 'abort', 'upstreamCluster', 'headers', 'downstreamNodes', 'maxActiveFaults', 'responseRateLimit', 'filterMetadata'],
  // Names of runtime keys, which nothing sets, and a switch for statistics.
  harmless: [
    'delayPercentRuntime',
    'abortPercentRuntime',
    'delayDurationRuntime',
    'abortHttpStatusRuntime',
    'maxActiveFaultsRuntime',
    'responseRateLimitPercentRuntime',
    'abortGrpcStatusRuntime',
    'disableDownstreamClusterStats',
  ],
}

export const faultCodec: HttpFilterCodec = {
  typeUrl: TYPE,
  decode: codecFor(HTTPFault, FIELDS, (message, report) => faultBlueprint(readFault(message, report))),
  perRoute: { typeUrl: TYPE, decode: codecFor(HTTPFault, FIELDS, readFault) },
}

function readFault(fault: HTTPFault, report: Report): FaultSettings {
  return new FaultSettings({
    delay: readDelay(fault.delay, report.at('delay')),
    abort: readAbort(fault.abort, report.at('abort')),
    rate: readRate(fault.responseRateLimit, report.at('response_rate_limit')),
    cluster: fault.upstreamCluster,
    downstreamNodes: new Set(fault.downstreamNodes),
    conditions: fault.headers.map((header, i) => compileHeaderMatch(decodeHeaderMatch(header, report.at('headers', i)))),
    maxActive: fault.maxActiveFaults ?? null,
    metadata: fault.filterMetadata ?? null,
  })
}

function readDelay(delay: FaultDelay | undefined, report: Report): DelayFault | null {
  if (delay === undefined) return null
  const kind = delay.faultDelaySecifier
  if (kind === undefined) report.refuse('required', 'must say how long')
  const fixedMs = kind?.$case === 'fixedDelay' ? durationMs(kind.value, 0, report.at('fixed_delay')) : null
  return { fixedMs, share: readShare(delay.percentage) }
}

function readAbort(abort: FaultAbort | undefined, report: Report): AbortFault | null {
  if (abort === undefined) return null
  const kind = abort.errorType
  if (kind === undefined) report.refuse('required', 'must say with which status')
  if (kind?.$case === 'httpStatus' && (kind.value < 200 || kind.value >= 600))
    report.at('http_status').refuse('out-of-range', 'must be from 200 to 599')
  return {
    httpStatus: kind?.$case === 'httpStatus' ? kind.value : null,
    grpcStatus: kind?.$case === 'grpcStatus' ? kind.value : null,
    share: readShare(abort.percentage),
  }
}

function readRate(limit: FaultRateLimit | undefined, report: Report): RateFault | null {
  if (limit === undefined) return null
  const kind = limit.limitType
  if (kind === undefined) report.refuse('required', 'must say how much')
  const kbps = kind?.$case === 'fixedLimit' ? Number(kind.value.limitKbps) : null
  if (kbps !== null && kbps < 1) report.at('fixed_limit', 'limit_kbps').refuse('out-of-range', 'must be at least 1')
  return { fixedKbps: kbps, share: readShare(limit.percentage) }
}

/** Without a percentage nothing happens (FaultDelay.percentage). */
function readShare(percentage: FractionalPercent | undefined): Share {
  if (percentage === undefined) return { ppm: 0, numerator: 0, unitPpm: 10_000 }
  const unitPpm = partsPerMillion({ ...percentage, numerator: 1 })
  return { ppm: partsPerMillion(percentage), numerator: percentage.numerator, unitPpm }
}
