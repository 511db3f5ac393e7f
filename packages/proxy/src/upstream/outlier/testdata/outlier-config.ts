import type { OutlierConfig } from '../../../model/outlier.ts'

/** Judges once a second, ejects for a minute, up to all hosts; nothing is judged by rates unless `over` says so. */
export function outlierConfig(over: Partial<OutlierConfig> = {}): OutlierConfig {
  return {
    consecutive5xx: 5,
    enforcingConsecutive5xx: 100,
    consecutiveGatewayFailure: 5,
    enforcingConsecutiveGatewayFailure: 0,
    splitLocalOrigin: false,
    consecutiveLocalOriginFailure: 5,
    enforcingConsecutiveLocalOriginFailure: 100,
    intervalMs: 1000,
    baseEjectionMs: 60_000,
    maxEjectionMs: 300_000,
    maxEjectionJitterMs: 0,
    maxEjectionPercent: 100,
    alwaysEjectOneHost: false,
    enforcingSuccessRate: 100,
    enforcingLocalOriginSuccessRate: 100,
    successRateMinimumHosts: 5,
    successRateRequestVolume: 100,
    successRateStdevFactor: 1900,
    failurePercentageThreshold: 85,
    enforcingFailurePercentage: 0,
    enforcingFailurePercentageLocalOrigin: 0,
    failurePercentageMinimumHosts: 5,
    failurePercentageRequestVolume: 50,
    unejectOnSuccessfulCheck: true,
    ...over,
  }
}
