import type { StatScope } from '@meshwork/core/metrics'
import { type TimerOwner, WheelTimer } from '@meshwork/core/time'
import type { OutlierConfig } from '../../model/outlier.ts'
import type { UpstreamDeps } from '../cluster-context.ts'
import type { Host } from '../host.ts'
import { HostFlag } from '../hosts/host-flag.ts'
import { HostMonitor, type OutlierJudge } from './host-monitor.ts'
import { type OutlierKind, OutlierStats } from './outlier-stats.ts'
import { ANSWERS, REACHES, type RateFigures, sweepRates, UNKNOWN_RATES } from './rate-sweep.ts'

type DetectorDeps = Pick<UpstreamDeps, 'clock' | 'wheel' | 'random'>

/**
 * Takes hosts out of a cluster that behave unlike the others (`envoy.config.cluster.v3.OutlierDetection`): at once when
 * failures follow each other, at the end of an interval when its figures stand out. They return at the end of an interval.
 */
export class OutlierDetector implements OutlierJudge, TimerOwner {
  private readonly config: OutlierConfig
  private readonly deps: DetectorDeps
  private readonly stats: OutlierStats
  private readonly monitors = new Map<Host, HostMonitor>()
  private readonly timer: WheelTimer = new WheelTimer(this, 0)
  private ejectedCount = 0
  private answerFigures: RateFigures = UNKNOWN_RATES
  private reachFigures: RateFigures = UNKNOWN_RATES

  constructor(config: OutlierConfig, deps: DetectorDeps, cluster: StatScope) {
    this.config = config
    this.deps = deps
    this.stats = new OutlierStats(cluster)
    deps.wheel.set(this.timer, config.intervalMs)
  }

  /** Of the last interval, for the admin page. */
  get answerRates(): RateFigures {
    return this.answerFigures
  }

  get reachRates(): RateFigures {
    return this.reachFigures
  }

  join(host: Host): void {
    const monitor = new HostMonitor(host, this.config, this)
    this.monitors.set(host, monitor)
    host.outlier = monitor
  }

  leave(host: Host): void {
    const monitor = this.monitors.get(host)
    if (monitor === undefined) return
    this.monitors.delete(host)
    host.outlier = null
    if (monitor.ejected) this.changeEjected(-1)
  }

  close(): void {
    this.deps.wheel.clear(this.timer)
    for (const host of [...this.monitors.keys()]) this.leave(host)
  }

  onConsecutive(monitor: HostMonitor, kind: OutlierKind): void {
    this.stats.countDetected(kind)
    this.eject(monitor, kind)
  }

  readmit(monitor: HostMonitor): void {
    this.changeEjected(-1)
    monitor.resetCounts()
    monitor.returnedAtMs = this.deps.clock.monotonicMs()
    monitor.host.unmark(HostFlag.failedOutlierCheck)
  }

  onTimer(): void {
    const { config, deps } = this
    const nowMs = deps.clock.monotonicMs()
    const monitors = [...this.monitors.values()]
    for (const monitor of monitors) {
      if (monitor.ejected && nowMs - monitor.ejectedAtMs >= this.ejectionMs(monitor)) this.readmit(monitor)
      monitor.answers.turn()
      monitor.reaches.turn()
    }
    this.answerFigures = sweepRates(monitors, config, ANSWERS, this.onStandingOut)
    this.reachFigures = sweepRates(monitors, config, REACHES, this.onStandingOut)
    for (const monitor of monitors) this.forgive(monitor, nowMs)
    deps.wheel.set(this.timer, config.intervalMs)
  }

  private readonly onStandingOut = (monitor: HostMonitor, kind: OutlierKind): void => {
    this.stats.countDetected(kind)
    // It may have been ejected a moment ago for another figure of the same interval.
    if (!monitor.ejected) this.eject(monitor, kind)
  }

  private ejectionMs({ backoff, jitterMs }: HostMonitor): number {
    return Math.min(this.config.baseEjectionMs * backoff, this.config.maxEjectionMs) + jitterMs
  }

  /** An interval without ejection since it returned makes its next one shorter. */
  private forgive(monitor: HostMonitor, nowMs: number): void {
    if (monitor.ejected || monitor.returnedAtMs < 0 || nowMs - monitor.returnedAtMs < this.config.intervalMs) return
    if (monitor.backoff > 0) monitor.backoff--
  }

  private eject(monitor: HostMonitor, kind: OutlierKind): void {
    const { config, deps, stats } = this
    if (!this.mayEjectOne()) {
      stats.countOverflow()
      return
    }
    stats.countAdmitted(kind)
    if (deps.random() * 100 >= enforcingPercent(config, kind)) return
    stats.countEjected(kind)
    this.changeEjected(1)
    monitor.ejectedAtMs = deps.clock.monotonicMs()
    monitor.jitterMs = Math.floor(deps.random() * (config.maxEjectionJitterMs + 1))
    if (monitor.backoff * config.baseEjectionMs < config.maxEjectionMs + config.baseEjectionMs) monitor.backoff++
    monitor.host.mark(HostFlag.failedOutlierCheck)
    // As Envoy: what is wrong may be with these connections alone.
    monitor.host.fail()
  }

  /** Whether the share of ejected hosts, with one more, stays within `max_ejection_percent`. Priorities are not told apart. */
  private mayEjectOne(): boolean {
    if (this.config.alwaysEjectOneHost && this.ejectedCount === 0) return true
    return (100 * (this.ejectedCount + 1)) / this.monitors.size <= this.config.maxEjectionPercent
  }

  private changeEjected(by: 1 | -1): void {
    this.ejectedCount += by
    this.stats.changeActive(by)
  }
}

/** The share of detected outliers of this kind that is ejected, percent. */
function enforcingPercent(config: OutlierConfig, kind: OutlierKind): number {
  switch (kind) {
    case 'consecutive_5xx':
      return config.enforcingConsecutive5xx
    case 'consecutive_gateway_failure':
      return config.enforcingConsecutiveGatewayFailure
    case 'consecutive_local_origin_failure':
      return config.enforcingConsecutiveLocalOriginFailure
    case 'success_rate':
      return config.enforcingSuccessRate
    case 'local_origin_success_rate':
      return config.enforcingLocalOriginSuccessRate
    case 'failure_percentage':
      return config.enforcingFailurePercentage
    case 'local_origin_failure_percentage':
      return config.enforcingFailurePercentageLocalOrigin
  }
}
