import type { OutlierConfig } from '../../model/outlier.ts'
import type { HostMonitor } from './host-monitor.ts'
import type { OutlierKind } from './outlier-stats.ts'
import type { SuccessWindow } from './success-window.ts'

/** Percent; -1: not known, because too few hosts had enough attempts. */
export interface RateFigures {
  readonly average: number
  readonly threshold: number
}

export const UNKNOWN_RATES: RateFigures = { average: -1, threshold: -1 }

/** One of the two things that are measured of hosts, with the kinds of outliers that it shows. */
export interface Measure {
  readonly successRate: OutlierKind
  readonly failurePercentage: OutlierKind
  windowOf(monitor: HostMonitor): SuccessWindow
}

export const ANSWERS: Measure = {
  successRate: 'success_rate',
  failurePercentage: 'failure_percentage',
  windowOf: monitor => monitor.answers,
}
export const REACHES: Measure = {
  successRate: 'local_origin_success_rate',
  failurePercentage: 'local_origin_failure_percentage',
  windowOf: monitor => monitor.reaches,
}

const PER_MILLE = 1000

/** Compares the hosts of a cluster by their last interval and tells of those that stand out. */
export function sweepRates(
  monitors: readonly HostMonitor[],
  config: OutlierConfig,
  measure: Measure,
  onOutlier: (monitor: HostMonitor, kind: OutlierKind) => void,
): RateFigures {
  if (monitors.length < config.successRateMinimumHosts && monitors.length < config.failurePercentageMinimumHosts) return UNKNOWN_RATES
  const heard = monitors.filter(monitor => !monitor.ejected && measure.windowOf(monitor).volume > 0)
  const withVolume = (volume: number): readonly HostMonitor[] => heard.filter(monitor => measure.windowOf(monitor).volume >= volume)
  // Both groups as they are now: an ejection below must not change who is compared.
  const rated = withVolume(config.successRateRequestVolume)
  const measured = withVolume(config.failurePercentageRequestVolume)
  for (const monitor of withVolume(Math.min(config.successRateRequestVolume, config.failurePercentageRequestVolume))) {
    const window = measure.windowOf(monitor)
    window.shown = window.rate
  }
  let figures = UNKNOWN_RATES
  if (rated.length > 0 && rated.length >= config.successRateMinimumHosts) {
    figures = rateFigures(
      rated.map(monitor => measure.windowOf(monitor).rate),
      config.successRateStdevFactor / PER_MILLE,
    )
    for (const monitor of rated) if (measure.windowOf(monitor).rate < figures.threshold) onOutlier(monitor, measure.successRate)
  }
  if (measured.length > 0 && measured.length >= config.failurePercentageMinimumHosts) {
    for (const monitor of measured) {
      if (100 - measure.windowOf(monitor).rate >= config.failurePercentageThreshold) onOutlier(monitor, measure.failurePercentage)
    }
  }
  return figures
}

/** The mean, and the mean less `factor` standard deviations of the whole population. */
function rateFigures(rates: readonly number[], factor: number): RateFigures {
  const average = rates.reduce((sum, rate) => sum + rate, 0) / rates.length
  const variance = rates.reduce((sum, rate) => sum + (rate - average) ** 2, 0) / rates.length
  return { average, threshold: average - factor * Math.sqrt(variance) }
}
