import { systemClock } from '@meshwork/core/time'
import { describe, expect, test } from 'vitest'
import { endpoint } from '../../engine/testdata/configs.ts'
import type { BalancerConfig, BalancingRules } from '../../model/balancing.ts'
import type { EndpointConfig } from '../../model/cluster.ts'
import { createBalancerPolicy } from '../balancers/table.ts'
import { xxHash64 } from '../hash/xx-hash.ts'
import { HostSet } from '../host-set.ts'
import type { Host } from '../host.ts'
import type { PickContext } from '../pick-context.ts'
import { LoadBalancer } from './load-balancer.ts'

const RULES: BalancingRules = {
  panicThreshold: 50,
  failOnPanic: false,
  localityWeighted: false,
  ignoreNewHostsUntilFirstCheck: false,
  drainOnHostChange: false,
}
const KEYS = { useHostname: false, balanceFactor: 0 }
const ROUND_ROBIN: BalancerConfig = { kind: 'round-robin', slowStart: null }
const LEAST_REQUEST: BalancerConfig = { kind: 'least-request', choices: 2, bias: 1, slowStart: null }
const RING_HASH: BalancerConfig = { kind: 'ring-hash', minSize: 1024, maxSize: 8_388_608, hash: 'xx', keys: KEYS }
const MAGLEV: BalancerConfig = { kind: 'maglev', tableSize: 65_537, keys: KEYS }
const ALL: readonly BalancerConfig[] = [ROUND_ROBIN, LEAST_REQUEST, { kind: 'random' }, RING_HASH, MAGLEV]

function hosts(...over: readonly Partial<EndpointConfig>[]): readonly Host[] {
  const set = new HostSet({ name: 'c', sourceAddress: null, onHostHealthChanged: () => undefined })
  return set.update(
    over.map((change, i) => endpoint(1000 + i, change)),
    () => false,
  ).added
}

/** Numbers in [0, 1) that repeat themselves in no short period. */
function sequence(): () => number {
  let state = 1
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}

function balancer(config: BalancerConfig, members: readonly Host[], rules: Partial<BalancingRules> = {}): LoadBalancer {
  const random = sequence()
  return new LoadBalancer(members, {
    policy: createBalancerPolicy(config, { clock: systemClock, random }),
    rules: { ...RULES, ...rules },
    overprovisioning: 140,
    weightedHealth: false,
    random,
    onPanic: () => undefined,
    localityScale: () => 1,
  })
}

function counts(config: BalancerConfig, members: readonly Host[], rounds: number, rules: Partial<BalancingRules> = {}): number[] {
  const chooser = balancer(config, members, rules)
  const seen = members.map(() => 0)
  for (let i = 0; i < rounds; i++) {
    const host = chooser.pick(null, 0)
    if (host !== null) seen[host.port - 1000] = (seen[host.port - 1000] ?? 0) + 1
  }
  return seen
}

function keyed(key: string): PickContext {
  return { hash: () => xxHash64(key), criteria: null, header: () => null }
}

describe.each(ALL)('$kind', config => {
  test('no host, no choice', () => {
    expect(balancer(config, []).pick(null, 0)).toBeNull()
    expect(balancer(config, hosts({ health: 'unhealthy' }), { panicThreshold: 0 }).pick(null, 0)).toBeNull()
  })

  test('everyone has a share', () => {
    for (const count of counts(config, hosts({}, {}, {}), 3000)) expect(Math.abs(count - 1000)).toBeLessThan(250)
  })

  test('unhealthy hosts and worse priorities have none', () => {
    const members = hosts({}, { health: 'unhealthy' }, { priority: 1 }, { health: 'draining' }, {}, {}, {}, {})
    expect(counts(config, members, 400).map(count => count > 0)).toEqual([true, false, false, false, true, true, true, true])
  })
})

describe('weights', () => {
  test('round robin spreads them evenly', () => {
    expect(counts(ROUND_ROBIN, hosts({ weight: 5 }, { weight: 1 }, { weight: 2 }), 800)).toEqual([500, 100, 200])
  })

  test.each([RING_HASH, MAGLEV])('$kind gives places by weight', config => {
    const [heavy = 0, light = 0] = counts(config, hosts({ weight: 3 }, { weight: 1 }), 4000)
    expect(Math.abs(heavy / light - 3)).toBeLessThan(0.5)
  })

  test('localities share by theirs', () => {
    const members = hosts({ locality: 'a', localityWeight: 3 }, { locality: 'b', localityWeight: 1 }, { locality: 'b', localityWeight: 1 })
    expect(counts(ROUND_ROBIN, members, 800, { localityWeighted: true })).toEqual([600, 100, 100])
  })
})

test('least request leaves the busy alone', () => {
  const members = hosts({}, {})
  const [busy] = members
  if (busy !== undefined) busy.counters.rqActive = 50
  const [first = 0, second = 0] = counts(LEAST_REQUEST, members, 100)
  // Two draws of the same host compare nothing.
  expect(first).toBeLessThan(45)
  expect(second).toBeGreaterThan(55)
})

describe.each([RING_HASH, MAGLEV])('$kind', config => {
  const members = hosts(...Array.from({ length: 10 }, () => ({})))

  test('sends a key to the same host', () => {
    const chooser = balancer(config, members)
    for (let i = 0; i < 50; i++) {
      const host = chooser.pick(keyed(`user-${i}`), 0)
      for (let again = 0; again < 3; again++) expect(chooser.pick(keyed(`user-${i}`), 0)).toBe(host)
    }
  })

  test('moves few keys when a host goes', () => {
    const before = balancer(config, members)
    const after = balancer(config, members.slice(1))
    let moved = 0
    for (let i = 0; i < 1000; i++) {
      const host = before.pick(keyed(`user-${i}`), 0)
      if (host !== members[0] && after.pick(keyed(`user-${i}`), 0) !== host) moved++
    }
    expect(moved).toBeLessThan(100)
  })

  test('gives another host when the first is refused', () => {
    const chooser = balancer(config, members)
    let other = 0
    for (let i = 0; i < 100; i++) {
      const host = chooser.pick(keyed(`user-${i}`), 0)
      if ([1, 2, 3].some(attempt => chooser.pick(keyed(`user-${i}`), attempt) !== host)) other++
    }
    expect(other).toBeGreaterThan(90)
  })
})

test('a host at its bound passes requests on', () => {
  const members = hosts({}, {}, {})
  const chooser = balancer({ ...RING_HASH, keys: { useHostname: false, balanceFactor: 150 } }, members)
  const favourite = chooser.pick(keyed('x'), 0)
  expect(favourite).not.toBeNull()
  if (favourite !== null) favourite.counters.rqActive = 10
  const other = chooser.pick(keyed('x'), 0)
  expect(other).not.toBe(favourite)
  expect(chooser.pick(keyed('x'), 0)).toBe(other)
})

test('in panic all hosts are used, or none', () => {
  const members = hosts({}, { health: 'unhealthy' }, { health: 'unhealthy' })
  expect(counts(ROUND_ROBIN, members, 9)).toEqual([3, 3, 3])
  expect(counts(ROUND_ROBIN, members, 9, { failOnPanic: true })).toEqual([0, 0, 0])
})

test('new hosts begin with a part of their weight', () => {
  const members = hosts({}, {})
  const [young] = members
  const now = systemClock.monotonicMs()
  for (const host of members) host.sinceMs = now - 1_000_000
  if (young !== undefined) young.sinceMs = now
  const [few = 0, many = 0] = counts({ ...ROUND_ROBIN, slowStart: { windowMs: 60_000, aggression: 1, minShare: 0.1 } }, members, 110)
  expect(few).toBeLessThan(15)
  expect(many).toBeGreaterThan(90)
})

test('an update keeps the hosts whose address stays, with their counts', () => {
  const set = new HostSet({ name: 'c', sourceAddress: null, onHostHealthChanged: () => undefined })
  const { added } = set.update([endpoint(1000), endpoint(1001), endpoint(1002)], () => false)
  const { gone } = set.update([endpoint(1000), endpoint(1001, { weight: 2 }), endpoint(1003)], () => false)
  expect(set.all().map(host => [host.port, host.endpoint.weight])).toEqual([
    [1000, 1],
    [1001, 2],
    [1003, 1],
  ])
  expect(set.all()[1]).toBe(added[1])
  expect(gone.map(host => host.port)).toEqual([1002])
})
