import { StatsRegistry } from '@meshwork/core/metrics'
import { TimerWheel } from '@meshwork/core/time'
import { ManualClock } from '@meshwork/testkit/clock'
import { expect, it } from 'vitest'
import { endpoint } from '../../engine/testdata/configs.ts'
import type { OutlierConfig } from '../../model/outlier.ts'
import { Host } from '../host.ts'
import { OutlierDetector } from './outlier-detector.ts'
import { outlierConfig } from './testdata/outlier-config.ts'

const OWNER = { name: 'c', sourceAddress: null, onHostHealthChanged: () => undefined }

interface Setting {
  readonly detector: OutlierDetector
  readonly hosts: readonly Host[]
  /** Ports, from 0, of the hosts that are ejected. */
  ejected(): readonly number[]
  /** The figure, or -1. */
  stat(name: string): number
  /** Moves the clock in steps, so that intervals end one after the other. */
  pass(ms: number): void
}

function setUp(count: number, over: Partial<OutlierConfig>, random: () => number = () => 0): Setting {
  const clock = new ManualClock()
  const stats = new StatsRegistry()
  const deps = { clock, wheel: new TimerWheel(clock), random }
  const detector = new OutlierDetector(outlierConfig(over), deps, stats.scope('cluster.c.', 'envoy_cluster_', {}))
  const hosts = Array.from({ length: count }, (_, i) => new Host(OWNER, endpoint(1000 + i)))
  for (const host of hosts) detector.join(host)
  return {
    detector,
    hosts,
    ejected: () => hosts.filter(host => !host.healthy).map(host => host.port - 1000),
    stat: name => stats.value(stats.find(`cluster.c.outlier_detection.${name}`)?.slot ?? -1),
    pass: ms => {
      for (let rest = ms; rest > 0; rest -= 100) clock.advance(Math.min(rest, 100))
    },
  }
}

function answer({ hosts }: Setting, index: number, ...statuses: readonly number[]): void {
  for (const status of statuses) hosts[index]?.outlier?.answered(status)
}

it('ejects after failures that follow each other, and a success in between starts the count again', () => {
  const setting = setUp(2, { consecutive5xx: 3, maxEjectionPercent: 100 })
  answer(setting, 0, 500, 500, 200, 500, 503)
  expect(setting.ejected()).toEqual([])
  answer(setting, 0, 599)
  expect(setting.ejected()).toEqual([0])
  expect(setting.stat('ejections_active')).toBe(1)
  expect(setting.stat('ejections_detected_consecutive_5xx')).toBe(1)
  expect(setting.stat('ejections_enforced_consecutive_5xx')).toBe(1)
  expect(setting.stat('ejections_total')).toBe(1)
})

it('tells failures of gateways from others', () => {
  const setting = setUp(2, { consecutive5xx: 100, consecutiveGatewayFailure: 2, enforcingConsecutiveGatewayFailure: 100 })
  answer(setting, 0, 503, 500, 502, 501, 504)
  expect(setting.ejected()).toEqual([])
  answer(setting, 0, 502)
  expect(setting.ejected()).toEqual([0])
})

it('counts failures to reach a host among its answers, or apart from them', () => {
  const together = setUp(2, { consecutive5xx: 3 })
  together.hosts[0]?.outlier?.unreachable()
  together.hosts[0]?.outlier?.connected()
  together.hosts[0]?.outlier?.timedOut()
  expect(together.ejected()).toEqual([])
  together.hosts[0]?.outlier?.unreachable()
  expect(together.ejected()).toEqual([0])

  const split = setUp(2, { consecutive5xx: 2, splitLocalOrigin: true, consecutiveLocalOriginFailure: 3 })
  split.hosts[0]?.outlier?.unreachable()
  split.hosts[0]?.outlier?.timedOut()
  split.hosts[0]?.outlier?.connected()
  split.hosts[0]?.outlier?.unreachable()
  split.hosts[0]?.outlier?.unreachable()
  expect(split.ejected()).toEqual([])
  split.hosts[0]?.outlier?.unreachable()
  expect(split.ejected()).toEqual([0])
  expect(split.stat('ejections_enforced_consecutive_local_origin_failure')).toBe(1)
})

it.each([
  { hosts: 4, percent: 50, always: false, ejected: [0, 1] },
  { hosts: 3, percent: 50, always: false, ejected: [0] },
  { hosts: 2, percent: 10, always: false, ejected: [] },
  { hosts: 2, percent: 10, always: true, ejected: [0] },
  { hosts: 2, percent: 0, always: true, ejected: [0] },
])('$hosts hosts, at most $percent %, always one: $always', ({ hosts, percent, always, ejected }) => {
  const setting = setUp(hosts, { consecutive5xx: 1, maxEjectionPercent: percent, alwaysEjectOneHost: always })
  for (let i = 0; i < hosts; i++) answer(setting, i, 500)
  expect(setting.ejected()).toEqual(ejected)
  expect(setting.stat('ejections_overflow')).toBe(hosts - ejected.length)
})

it('ejects only the enforced share of what it detects', () => {
  let chance = 0.3
  const setting = setUp(2, { consecutive5xx: 1, enforcingConsecutive5xx: 30 }, () => chance)
  answer(setting, 0, 500)
  expect(setting.ejected()).toEqual([])
  expect(setting.stat('ejections_detected_consecutive_5xx')).toBe(1)
  expect(setting.stat('ejections_enforced_total')).toBe(0)
  chance = 0.29
  answer(setting, 0, 500)
  expect(setting.ejected()).toEqual([0])
})

it('keeps a host out longer each time up to the maximum, and forgets while it behaves', () => {
  const setting = setUp(2, { consecutive5xx: 1, intervalMs: 1000, baseEjectionMs: 3000, maxEjectionMs: 7000 })
  const secondsOut = (): number => {
    answer(setting, 0, 500)
    let seconds = 0
    for (; setting.ejected().length > 0 && seconds < 60; seconds++) setting.pass(1000)
    return seconds
  }
  expect([secondsOut(), secondsOut(), secondsOut(), secondsOut()]).toEqual([3, 6, 7, 7])
  expect(setting.stat('ejections_active')).toBe(0)
  setting.pass(10_000)
  expect(secondsOut()).toBe(3)
})

it('adds chance to the time of an ejection, beyond the maximum too', () => {
  const setting = setUp(2, { consecutive5xx: 1, baseEjectionMs: 2000, maxEjectionMs: 2000, maxEjectionJitterMs: 3999 }, () => 0.5)
  answer(setting, 0, 500)
  setting.pass(3900)
  expect(setting.ejected()).toEqual([0])
  setting.pass(1000)
  expect(setting.ejected()).toEqual([])
})

it('ejects whose rate of success is below the others by more than the deviation allows', () => {
  const setting = setUp(5, { consecutive5xx: 1000, successRateMinimumHosts: 5, successRateRequestVolume: 10 })
  const rates = [50, 100, 100, 100, 100]
  for (const [i, rate] of rates.entries()) for (let n = 0; n < 10; n++) answer(setting, i, n * 10 < rate ? 200 : 500)
  expect(setting.ejected()).toEqual([])
  setting.pass(1100)
  // Mean 90, deviation 20: below 90 - 1.9 * 20.
  expect(setting.detector.answerRates).toEqual({ average: 90, threshold: 52 })
  expect(setting.ejected()).toEqual([0])
  expect(setting.hosts[1]?.outlier?.answers.shown).toBe(100)
  expect(setting.stat('ejections_enforced_success_rate')).toBe(1)
  setting.pass(1000)
  expect(setting.detector.answerRates).toEqual({ average: -1, threshold: -1 })
})

it.each([
  { why: 'a host too few', hosts: 4, volume: 10 },
  { why: 'a request too few', hosts: 5, volume: 9 },
])('compares no rates with $why', ({ hosts, volume }) => {
  const setting = setUp(hosts, { consecutive5xx: 1000, successRateMinimumHosts: 5, successRateRequestVolume: 10 })
  for (let i = 0; i < hosts; i++) for (let n = 0; n < volume; n++) answer(setting, i, i === 0 ? 500 : 200)
  setting.pass(1100)
  expect(setting.ejected()).toEqual([])
})

it('ejects whose share of failures reaches the threshold, also of those to reach it', () => {
  const setting = setUp(2, {
    consecutive5xx: 1000,
    consecutiveLocalOriginFailure: 1000,
    splitLocalOrigin: true,
    failurePercentageThreshold: 50,
    failurePercentageMinimumHosts: 2,
    failurePercentageRequestVolume: 4,
    enforcingFailurePercentage: 100,
    enforcingFailurePercentageLocalOrigin: 100,
  })
  answer(setting, 0, 500, 200, 500, 200)
  answer(setting, 1, 500, 200, 200, 200)
  setting.pass(1100)
  expect(setting.ejected()).toEqual([0])
  expect(setting.stat('ejections_enforced_failure_percentage')).toBe(1)

  const far = setUp(2, {
    splitLocalOrigin: true,
    failurePercentageMinimumHosts: 1,
    failurePercentageRequestVolume: 1,
    enforcingFailurePercentageLocalOrigin: 100,
  })
  far.hosts[1]?.outlier?.unreachable()
  far.pass(1100)
  expect(far.ejected()).toEqual([1])
  expect(far.stat('ejections_enforced_local_origin_failure_percentage')).toBe(1)
})

it('lets a host back when an active check goes well, unless told otherwise', () => {
  const setting = setUp(2, { consecutive5xx: 1 })
  answer(setting, 0, 500)
  setting.hosts[0]?.outlier?.checkPassed()
  expect(setting.ejected()).toEqual([])
  const strict = setUp(2, { consecutive5xx: 1, unejectOnSuccessfulCheck: false })
  answer(strict, 0, 500)
  strict.hosts[0]?.outlier?.checkPassed()
  expect(strict.ejected()).toEqual([0])
})

it('hosts that leave make room, and a closed detector counts none', () => {
  const setting = setUp(2, { consecutive5xx: 1, maxEjectionPercent: 50 })
  const [first] = setting.hosts
  answer(setting, 0, 500)
  if (first !== undefined) setting.detector.leave(first)
  expect(setting.stat('ejections_active')).toBe(0)
  setting.detector.join(new Host(OWNER, endpoint(1009)))
  answer(setting, 1, 500)
  expect(setting.ejected()).toEqual([0, 1])
  setting.detector.close()
  expect(setting.stat('ejections_active')).toBe(0)
  expect(setting.hosts[1]?.outlier).toBeNull()
})
