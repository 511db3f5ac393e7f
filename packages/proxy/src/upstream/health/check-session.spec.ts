import { StatsRegistry } from '@meshwork/core/metrics'
import { TimerWheel } from '@meshwork/core/time'
import { ManualClock } from '@meshwork/testkit/clock'
import { describe, expect, it } from 'vitest'

import { endpoint } from '../../engine/testdata/configs.ts'
import type { HealthCheckConfig } from '../../model/health-check.ts'
import { ClusterStats } from '../cluster-stats.ts'
import { Host } from '../host.ts'
import { formatHostFlags, HostFlag } from '../hosts/host-flag.ts'
import { OutlierDetector } from '../outlier/outlier-detector.ts'
import { outlierConfig } from '../outlier/testdata/outlier-config.ts'
import { CheckSession, type CheckSessionOwner } from './check-session.ts'
import { CheckStats } from './check-stats.ts'
import type { Checker, CheckerOwner, CheckResult } from './checker.ts'
import { CONFIG } from './testdata/check-config.ts'

/** A checker that the test answers for. */
class AnsweredByHand implements Checker {
  owner: CheckerOwner | null = null
  started = 0
  cancelled = 0
  closed = 0

  start(): void {
    this.started++
  }

  cancel(): void {
    this.cancelled++
  }

  close(): void {
    this.closed++
  }
}

function setUp(over: Partial<HealthCheckConfig> = {}) {
  const clock = new ManualClock()
  const registry = new StatsRegistry()
  const clusterStats = new ClusterStats(registry, 'c')
  const checker = new AnsweredByHand()
  const changes: string[] = []
  const owner: CheckSessionOwner = {
    config: { ...CONFIG, ...over },
    deps: { wheel: new TimerWheel(clock), random: () => 0.5 },
    stats: new CheckStats(clusterStats),
    hadTraffic: true,
    createChecker: (_host, told) => {
      checker.owner = told
      return checker
    },
    onChanged: host => void changes.push(formatHostFlags(host.flags)),
  }
  const host = new Host({ name: 'c', sourceAddress: null, onHostHealthChanged: () => undefined }, endpoint(1))
  host.mark(HostFlag.failedActiveCheck)
  const session = new CheckSession(host, owner)
  session.start()
  const answer = (result: CheckResult): void => checker.owner?.onChecked(result)
  return { clock, checker, host, session, changes, answer, stats: owner.stats, registry }
}

describe('the checks of one host', () => {
  it('takes the first success at once, later ones by the threshold', () => {
    const { host, clock, answer, checker, changes } = setUp({ healthyThreshold: 2, unhealthyThreshold: 2 })
    answer('fit')
    expect(host.healthy).toBe(true)
    clock.advance(1002)
    expect(checker.started).toBe(2)
    answer('unfit')
    expect(host.healthy).toBe(false)
    answer('fit')
    expect(host.healthy).toBe(false)
    answer('fit')
    expect(host.healthy).toBe(true)
    expect(changes).toEqual(['healthy', '/failed_active_hc', 'healthy'])
  })

  it('needs the threshold for retriable answers and for none', () => {
    const { host, answer } = setUp({ unhealthyThreshold: 2 })
    answer('fit')
    answer('retriable')
    expect(host.healthy).toBe(true)
    answer('network')
    expect(host.healthy).toBe(false)
  })

  it('starts to count again after a success', () => {
    const { host, answer } = setUp({ unhealthyThreshold: 2 })
    answer('fit')
    answer('network')
    answer('fit')
    answer('network')
    expect(host.healthy).toBe(true)
  })

  it('gives up a check after its timeout', () => {
    const { clock, checker, host, registry, stats } = setUp({ timeoutMs: 100 })
    clock.advance(102)
    expect(checker.cancelled).toBe(1)
    expect(formatHostFlags(host.flags)).toBe('/failed_active_hc/active_hc_timeout')
    expect(registry.value(stats.networkFailure)).toBe(1)
  })

  it('heeds a response that asks for no more requests', () => {
    const { host, session, answer, registry, stats } = setUp({ healthyThreshold: 1 })
    answer('fit')
    session.failNow()
    expect(formatHostFlags(host.flags)).toBe('/failed_active_hc/excluded_via_immediate_hc_fail')
    expect(registry.value(stats.passiveFailure)).toBe(1)
    answer('fit')
    expect(host.flags).toBe(0)
  })

  it('counts degraded hosts', () => {
    const { host, answer, registry, stats } = setUp()
    answer('degraded')
    expect(host.degraded).toBe(true)
    expect([registry.value(stats.healthy), registry.value(stats.degraded)]).toEqual([1, 1])
    answer('fit')
    expect(host.healthy).toBe(true)
    expect(registry.value(stats.degraded)).toBe(0)
  })

  it('leaves nothing behind', () => {
    const { session, checker, clock, answer, registry, stats } = setUp()
    answer('fit')
    session.close()
    clock.advance(10_000)
    expect([checker.started, checker.closed, clock.pendingTimers]).toEqual([1, 1, 0])
    expect(registry.value(stats.healthy)).toBe(0)
  })
})

it('ends an ejection once the host passes its checks', () => {
  const { host, answer, clock, registry } = setUp({ healthyThreshold: 1, unhealthyThreshold: 1 })
  const deps = { clock, wheel: new TimerWheel(clock), random: () => 0 }
  const detector = new OutlierDetector(outlierConfig({ consecutive5xx: 1 }), deps, registry.scope('cluster.c.', 'envoy_cluster_', {}))
  detector.join(host)
  host.outlier?.answered(500)
  answer('unfit')
  expect(formatHostFlags(host.flags)).toBe('/failed_active_hc/failed_outlier_check')
  answer('fit')
  expect(formatHostFlags(host.flags)).toBe('healthy')
  detector.close()
})
