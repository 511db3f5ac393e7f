import { violation, type Violation } from '@meshwork/core/result'
import { checkDuration } from '../rules/duration.ts'
import type { OutlierDetection } from './type.ts'

export function validateOutlierDetection(path: string, outliers: OutlierDetection): readonly Violation[] {
  const violations = [
    ...checkDuration(`${path}.interval`, outliers.intervalMs),
    ...checkDuration(`${path}.baseEjectionTime`, outliers.baseEjectionTimeMs),
    ...checkPercent(`${path}.maxEjectionPercent`, outliers.maxEjectionPercent),
    ...checkPercent(`${path}.minHealthPercent`, outliers.minHealthPercent),
  ]
  if ((outliers.consecutiveErrors ?? 0) < 0) violations.push(violation(`${path}.consecutiveErrors`, 'out-of-range', 'must not be below 0'))
  if ((outliers.consecutiveLocalOriginFailures ?? 0) > 0 && outliers.splitExternalLocalOriginErrors !== true) {
    const message = 'has no effect without splitExternalLocalOriginErrors'
    violations.push(violation(`${path}.consecutiveLocalOriginFailures`, 'split-errors-off', message))
  }
  return violations
}

export function checkPercent(path: string, percent: number | undefined): readonly Violation[] {
  if (percent === undefined || (percent >= 0 && percent <= 100)) return []
  return [violation(path, 'bad-percentage', `${percent} is not a percentage from 0 to 100`)]
}
