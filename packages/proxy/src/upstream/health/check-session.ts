import { type TimerOwner, WheelTimer } from '@meshwork/core/time'
import type { HealthCheckConfig } from '../../model/health-check.ts'
import type { UpstreamDeps } from '../cluster-context.ts'
import type { Host, HostCheck } from '../host.ts'
import { HostFlag } from '../hosts/host-flag.ts'
import { nextInterval, type Transition } from './check-interval.ts'
import type { CheckStats } from './check-stats.ts'
import type { Checker, CheckerOwner, CheckResult } from './checker.ts'

/** What the checks of one host need of those of the whole cluster. */
export interface CheckSessionOwner {
  readonly config: HealthCheckConfig
  readonly deps: Pick<UpstreamDeps, 'wheel' | 'random'>
  readonly stats: CheckStats
  /** The cluster has had a connection for a request. */
  readonly hadTraffic: boolean
  createChecker(host: Host, owner: CheckerOwner): Checker
  /** The host became unhealthy or healthy, or its degradation changed. */
  onChanged(host: Host): void
}

const INTERVAL = 0
const TIMEOUT = 1

/** The checks of one host: when they happen, and what their results mean for it, counted as Envoy counts. */
export class CheckSession implements TimerOwner, CheckerOwner, HostCheck {
  private readonly host: Host
  private readonly owner: CheckSessionOwner
  private readonly checker: Checker
  private readonly interval: WheelTimer = new WheelTimer(this, INTERVAL)
  private readonly timeout: WheelTimer = new WheelTimer(this, TIMEOUT)
  private first = true
  private fitInRow = 0
  private unfitInRow = 0
  private closed = false

  constructor(host: Host, owner: CheckSessionOwner) {
    this.host = host
    this.owner = owner
    this.checker = owner.createChecker(host, this)
  }

  start(): void {
    const { config, deps } = this.owner
    if (config.initialJitterMs > 0) deps.wheel.set(this.interval, Math.floor(deps.random() * config.initialJitterMs))
    else this.begin()
  }

  close(): void {
    this.closed = true
    const { wheel } = this.owner.deps
    wheel.clear(this.interval)
    wheel.clear(this.timeout)
    this.checker.close()
    if (!this.host.has(HostFlag.failedActiveCheck)) this.gauge('healthy', -1)
    if (this.host.has(HostFlag.degradedActive)) this.gauge('degraded', -1)
  }

  onTimer(kind: number): void {
    if (kind === INTERVAL) {
      this.begin()
      return
    }
    this.checker.cancel()
    this.onChecked('timeout')
  }

  onExcluded(): void {
    this.host.mark(HostFlag.excluded)
  }

  onChecked(result: CheckResult): void {
    if (this.closed) return
    const { config, deps, hadTraffic } = this.owner
    deps.wheel.clear(this.timeout)
    const fit = result === 'fit' || result === 'degraded'
    const transition = fit ? this.passed(result === 'degraded') : this.failed(result)
    // What is told of the change may close this very session.
    if (!this.closed) deps.wheel.set(this.interval, nextInterval(config, fit, transition, hadTraffic, deps.random))
  }

  /** A response to a request told that the host wants no more (`x-envoy-immediate-health-check-fail`). */
  failNow(): void {
    if (this.closed || this.owner.config.checker.kind !== 'http') return
    this.host.mark(HostFlag.excluded)
    this.count(this.owner.stats.passiveFailure)
    this.failed('unfit')
  }

  private begin(): void {
    const { config, deps, stats } = this.owner
    this.count(stats.attempt)
    deps.wheel.set(this.timeout, config.timeoutMs)
    this.checker.start()
  }

  private passed(degraded: boolean): Transition {
    const { host, owner } = this
    this.unfitInRow = 0
    this.count(owner.stats.success)
    let cleared: number = HostFlag.pendingCheck | HostFlag.checkTimeout
    let transition: Transition = host.has(HostFlag.pendingCheck) ? 'changed' : 'unchanged'
    if (host.has(HostFlag.failedActiveCheck)) {
      // The first result counts at once, so that a start is fast.
      if (this.first || ++this.fitInRow >= owner.config.healthyThreshold) {
        cleared |= HostFlag.failedActiveCheck | HostFlag.excluded
        transition = 'changed'
        this.gauge('healthy', 1)
      } else if (transition === 'unchanged') {
        transition = 'pending'
      }
    }
    this.first = false
    if (degraded !== host.has(HostFlag.degradedActive)) {
      transition = 'changed'
      this.gauge('degraded', degraded ? 1 : -1)
    }
    if (!degraded) cleared |= HostFlag.degradedActive
    host.change(degraded ? HostFlag.degradedActive : HostFlag.none, cleared)
    if (!host.has(HostFlag.failedActiveCheck)) host.outlier?.checkPassed()
    if (transition === 'changed') owner.onChanged(host)
    return transition
  }

  private failed(result: CheckResult): Transition {
    const { host, owner } = this
    this.fitInRow = 0
    this.first = false
    this.count(owner.stats.failure)
    const unreached = result === 'network' || result === 'timeout'
    if (unreached) this.count(owner.stats.networkFailure)
    let transition: Transition = host.has(HostFlag.pendingCheck) ? 'changed' : 'unchanged'
    let set: number = result === 'timeout' ? HostFlag.checkTimeout : HostFlag.none
    if (!host.has(HostFlag.failedActiveCheck)) {
      if (result === 'unfit' || ++this.unfitInRow >= owner.config.unhealthyThreshold) {
        set |= HostFlag.failedActiveCheck
        transition = 'changed'
        this.unfitInRow = 0
        this.gauge('healthy', -1)
      } else if (transition === 'unchanged') {
        transition = 'pending'
      }
    }
    host.change(set, HostFlag.pendingCheck | HostFlag.checkTimeout)
    if (transition === 'changed') owner.onChanged(host)
    return transition
  }

  private count(slot: number): void {
    this.owner.stats.registry.add(slot, 1)
  }

  private gauge(name: 'healthy' | 'degraded', amount: number): void {
    const { stats } = this.owner
    stats.registry.add(stats[name], amount)
  }
}
