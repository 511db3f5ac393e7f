import type { OutlierDetection } from '@meshwork/protos/envoy/config/cluster/v3/outlier_detection'
import type { Duration } from '@meshwork/protos/google/protobuf/duration'
import type { OutlierConfig } from '../model/outlier.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import type { Report } from './report.ts'
import { durationMs } from './scalars.ts'

const FIELDS: FieldPolicy<OutlierDetection> = {
  read: [
    'consecutive5xx',
    'interval',
    'baseEjectionTime',
    'maxEjectionPercent',
    'enforcingConsecutive5xx',
    'enforcingSuccessRate',
    'successRateMinimumHosts',
    'successRateRequestVolume',
    'successRateStdevFactor',
    'consecutiveGatewayFailure',
    'enforcingConsecutiveGatewayFailure',
    'splitExternalLocalOriginErrors',
    'consecutiveLocalOriginFailure',
    'enforcingConsecutiveLocalOriginFailure',
    'enforcingLocalOriginSuccessRate',
    'failurePercentageThreshold',
    'enforcingFailurePercentage',
    'enforcingFailurePercentageLocalOrigin',
    'failurePercentageMinimumHosts',
    'failurePercentageRequestVolume',
    'maxEjectionTime',
    'maxEjectionTimeJitter',
    'successfulActiveHealthCheckUnejectHost',
    'alwaysEjectOneHost',
  ],
  harmless: [],
}

const DEFAULT_INTERVAL_MS = 10_000
const DEFAULT_BASE_EJECTION_MS = 30_000
const DEFAULT_MAX_EJECTION_MS = 300_000

/** `envoy.config.cluster.v3.OutlierDetection`; the defaults are those that its comments give. */
export function decodeOutlierDetection(detection: OutlierDetection | undefined, report: Report): OutlierConfig | null {
  if (detection === undefined) return null
  refuseOtherFields(detection, FIELDS, report)
  const baseEjectionMs = positiveMs(detection.baseEjectionTime, DEFAULT_BASE_EJECTION_MS, report.at('base_ejection_time'))
  return {
    consecutive5xx: detection.consecutive5xx ?? 5,
    consecutiveGatewayFailure: detection.consecutiveGatewayFailure ?? 5,
    consecutiveLocalOriginFailure: detection.consecutiveLocalOriginFailure ?? 5,
    splitLocalOrigin: detection.splitExternalLocalOriginErrors,
    intervalMs: positiveMs(detection.interval, DEFAULT_INTERVAL_MS, report.at('interval')),
    baseEjectionMs,
    maxEjectionMs: decodeMaxEjection(detection, baseEjectionMs, report.at('max_ejection_time')),
    maxEjectionJitterMs: durationMs(detection.maxEjectionTimeJitter, 0, report.at('max_ejection_time_jitter')),
    alwaysEjectOneHost: detection.alwaysEjectOneHost ?? false,
    successRateMinimumHosts: detection.successRateMinimumHosts ?? 5,
    successRateRequestVolume: detection.successRateRequestVolume ?? 100,
    successRateStdevFactor: detection.successRateStdevFactor ?? 1900,
    failurePercentageMinimumHosts: detection.failurePercentageMinimumHosts ?? 5,
    failurePercentageRequestVolume: detection.failurePercentageRequestVolume ?? 50,
    unejectOnSuccessfulCheck: detection.successfulActiveHealthCheckUnejectHost ?? true,
    ...decodePercents(detection, report),
  }
}

/** Five minutes unless set, and never less than the base time. */
function decodeMaxEjection({ maxEjectionTime }: OutlierDetection, baseEjectionMs: number, report: Report): number {
  const maxMs = positiveMs(maxEjectionTime, Math.max(baseEjectionMs, DEFAULT_MAX_EJECTION_MS), report)
  if (maxMs < baseEjectionMs) report.refuse('bad-duration', 'must not be smaller than base_ejection_time')
  return maxMs
}

function positiveMs(duration: Duration | undefined, fallback: number, report: Report): number {
  const ms = durationMs(duration, fallback, report)
  if (ms > 0) return ms
  report.refuse('bad-duration', 'must be more than 0')
  return fallback
}

function decodePercents(
  detection: OutlierDetection,
  report: Report,
): Pick<OutlierConfig, Extract<keyof OutlierConfig, `enforcing${string}`> | 'maxEjectionPercent' | 'failurePercentageThreshold'> {
  const percent = (value: number | undefined, fallback: number, field: string): number => {
    if (value !== undefined && value > 100) report.at(field).refuse('bad-percent', 'must be at most 100')
    return value ?? fallback
  }
  return {
    maxEjectionPercent: percent(detection.maxEjectionPercent, 10, 'max_ejection_percent'),
    failurePercentageThreshold: percent(detection.failurePercentageThreshold, 85, 'failure_percentage_threshold'),
    enforcingConsecutive5xx: percent(detection.enforcingConsecutive5xx, 100, 'enforcing_consecutive_5xx'),
    enforcingConsecutiveGatewayFailure: percent(detection.enforcingConsecutiveGatewayFailure, 0, 'enforcing_consecutive_gateway_failure'),
    enforcingConsecutiveLocalOriginFailure: percent(
      detection.enforcingConsecutiveLocalOriginFailure,
      100,
      'enforcing_consecutive_local_origin_failure',
    ),
    enforcingSuccessRate: percent(detection.enforcingSuccessRate, 100, 'enforcing_success_rate'),
    enforcingLocalOriginSuccessRate: percent(detection.enforcingLocalOriginSuccessRate, 100, 'enforcing_local_origin_success_rate'),
    enforcingFailurePercentage: percent(detection.enforcingFailurePercentage, 0, 'enforcing_failure_percentage'),
    enforcingFailurePercentageLocalOrigin: percent(
      detection.enforcingFailurePercentageLocalOrigin,
      0,
      'enforcing_failure_percentage_local_origin',
    ),
  }
}
