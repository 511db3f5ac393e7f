import { violation, type Violation } from '@meshwork/core/result'

/** Istio takes durations from a millisecond on, in whole milliseconds. */
export function checkDuration(path: string, ms: number | undefined): readonly Violation[] {
  if (ms === undefined) return []
  if (ms < 1) return [violation(path, 'bad-duration', 'must be at least 1ms')]
  return checkPrecision(path, ms)
}

/** As `checkDuration`, for fields where zero has a meaning of its own. */
export function checkDurationOrZero(path: string, ms: number | undefined): readonly Violation[] {
  if (ms === undefined || ms === 0) return []
  return checkDuration(path, ms)
}

function checkPrecision(path: string, ms: number): readonly Violation[] {
  // Parts of a duration are added as floating-point numbers, so `1.001s` may be a hair off a whole millisecond.
  return Math.abs(ms - Math.round(ms)) < 1e-6 ? [] : [violation(path, 'bad-duration', 'must be a whole number of milliseconds')]
}
