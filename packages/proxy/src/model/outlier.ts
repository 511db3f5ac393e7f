/** `envoy.config.cluster.v3.OutlierDetection` with its defaults filled in. Shares in percent, times in milliseconds. */
export interface OutlierConfig {
  readonly consecutive5xx: number
  readonly enforcingConsecutive5xx: number
  readonly consecutiveGatewayFailure: number
  readonly enforcingConsecutiveGatewayFailure: number
  /** Failures to reach a host are counted apart from its answers. */
  readonly splitLocalOrigin: boolean
  readonly consecutiveLocalOriginFailure: number
  readonly enforcingConsecutiveLocalOriginFailure: number
  readonly intervalMs: number
  readonly baseEjectionMs: number
  readonly maxEjectionMs: number
  readonly maxEjectionJitterMs: number
  readonly maxEjectionPercent: number
  readonly alwaysEjectOneHost: boolean
  readonly enforcingSuccessRate: number
  readonly enforcingLocalOriginSuccessRate: number
  readonly successRateMinimumHosts: number
  readonly successRateRequestVolume: number
  /** A thousandth of the factor by which the deviation is multiplied. */
  readonly successRateStdevFactor: number
  readonly failurePercentageThreshold: number
  readonly enforcingFailurePercentage: number
  readonly enforcingFailurePercentageLocalOrigin: number
  readonly failurePercentageMinimumHosts: number
  readonly failurePercentageRequestVolume: number
  readonly unejectOnSuccessfulCheck: boolean
}
