import { describe, expect, test } from 'vitest'
import { endpoint } from '../engine/testdata/configs.ts'
import { createBalancer } from './balancer.ts'
import { EMPTY_HOST_SET, type HostSet } from './host-set.ts'

const OWNER = { name: 'c', sourceAddress: null }

function hosts(...over: readonly Parameters<typeof endpoint>[1][]): HostSet {
  return EMPTY_HOST_SET.update(
    OWNER,
    over.map((change, i) => endpoint(1000 + i, change)),
  ).next
}

function counts(kind: 'round-robin' | 'least-request' | 'random', set: HostSet, rounds: number): number[] {
  const balancer = createBalancer(kind, sequence())
  const seen = set.all.map(() => 0)
  for (let i = 0; i < rounds; i++) {
    const host = balancer.pick(set)
    if (host !== null) seen[host.port - 1000] = (seen[host.port - 1000] ?? 0) + 1
  }
  return seen
}

/** Numbers in [0, 1) that repeat themselves in no short period. */
function sequence(): () => number {
  let state = 1
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}

describe.each(['round-robin', 'least-request', 'random'] as const)('%s', kind => {
  test('no host, no choice', () => {
    expect(createBalancer(kind, () => 0).pick(EMPTY_HOST_SET)).toBeNull()
    expect(createBalancer(kind, () => 0).pick(hosts({ healthy: false }))).toBeNull()
  })

  test('everyone has a share', () => {
    for (const count of counts(kind, hosts({}, {}, {}), 3000)) expect(Math.abs(count - 1000)).toBeLessThan(120)
  })

  test('unhealthy hosts and worse priorities have none', () => {
    expect(counts(kind, hosts({}, { healthy: false }, { priority: 1 }, {}), 100).map(count => count > 0)).toEqual([
      true,
      false,
      false,
      true,
    ])
  })
})

test('round robin spreads weights evenly', () => {
  expect(counts('round-robin', hosts({ weight: 5 }, { weight: 1 }, { weight: 2 }), 800)).toEqual([500, 100, 200])
})

test('random follows weights', () => {
  const [heavy = 0, light = 0] = counts('random', hosts({ weight: 3 }, { weight: 1 }), 4000)
  expect(Math.abs(heavy / light - 3)).toBeLessThan(0.4)
})

test('least request leaves the busy alone', () => {
  const set = hosts({}, {})
  const [busy] = set.all
  if (busy !== undefined) busy.counters.rqActive = 50
  expect(counts('least-request', set, 50)).toEqual([0, 50])
})

test('an update keeps the hosts that did not change', () => {
  const before = hosts({}, {}, {})
  const { next, gone } = before.update(OWNER, [endpoint(1000), endpoint(1001, { weight: 2 }), endpoint(1003)])
  expect(next.all[0]).toBe(before.all[0])
  expect(next.all[1]).not.toBe(before.all[1])
  expect(gone.map(host => host.port)).toEqual([1001, 1002])
})
