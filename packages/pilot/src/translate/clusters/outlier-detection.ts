import type { OutlierDetection as OutlierRule } from '@meshwork/config/kinds'
import { OutlierDetection } from '@meshwork/protos/envoy/config/cluster/v3/outlier_detection'
import { duration } from '../envoy/duration.ts'

/** A count of 0 switches that kind of detection off. Success rates are never judged: the kind has no field for them. */
export function buildOutlierDetection(rule: OutlierRule): OutlierDetection {
  const serverErrors = rule.consecutive5xxErrors ?? rule.consecutiveErrors
  return OutlierDetection.fromPartial({
    ...counted('consecutive5xx', 'enforcingConsecutive5xx', serverErrors),
    ...counted('consecutiveGatewayFailure', 'enforcingConsecutiveGatewayFailure', rule.consecutiveGatewayErrors),
    ...counted('consecutiveLocalOriginFailure', 'enforcingConsecutiveLocalOriginFailure', rule.consecutiveLocalOriginFailures),
    splitExternalLocalOriginErrors: rule.splitExternalLocalOriginErrors ?? false,
    ...(rule.intervalMs === undefined ? {} : { interval: duration(rule.intervalMs) }),
    ...(rule.baseEjectionTimeMs === undefined ? {} : { baseEjectionTime: duration(rule.baseEjectionTimeMs) }),
    // 0 would be "never eject anyone"; in the kind it is what nobody wrote.
    ...(rule.maxEjectionPercent === undefined || rule.maxEjectionPercent === 0 ? {} : { maxEjectionPercent: rule.maxEjectionPercent }),
    enforcingSuccessRate: 0,
    ...(rule.splitExternalLocalOriginErrors === true ? { enforcingLocalOriginSuccessRate: 0 } : {}),
  })
}

function counted<C extends string, E extends string>(count: C, enforcing: E, value: number | undefined): Record<string, number> {
  if (value === undefined) return {}
  return value > 0 ? { [count]: value, [enforcing]: 100 } : { [enforcing]: 0 }
}
