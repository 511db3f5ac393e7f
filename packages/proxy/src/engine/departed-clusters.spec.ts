import { ManualClock } from '@meshwork/testkit/clock'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { cluster, endpoint } from './testdata/configs.ts'
import { Harness } from './testdata/harness.ts'

const MINUTE_MS = 60_000

let clock: ManualClock
let harness: Harness

beforeEach(() => {
  clock = new ManualClock()
  harness = new Harness({ clock })
})

afterEach(() => harness.close())

function namesOf(prefix: string): readonly string[] {
  return [...harness.stats.metrics()].filter(({ name }) => name.startsWith(prefix)).map(({ name }) => name)
}

function minutes(count: number): void {
  for (let i = 0; i < count; i++) clock.advance(MINUTE_MS)
}

test('a name is forgotten ten minutes after its cluster left, and one that merely begins like it is not', () => {
  harness.engine.setCluster(cluster('a', [endpoint(1)]))
  harness.engine.setCluster(cluster('a.b', [endpoint(1)]))
  harness.engine.removeCluster('a')
  minutes(9)
  expect(harness.counter('cluster.a.upstream_cx_total')).toBe(0)
  minutes(3)
  expect(harness.counter('cluster.a.upstream_cx_total')).toBe(-1)
  expect(namesOf('cluster.a.').every(name => name.startsWith('cluster.a.b.'))).toBe(true)
  expect(harness.counter('cluster.a.b.upstream_cx_total')).toBe(0)
})

test('a cluster that comes back goes on counting', () => {
  harness.engine.setCluster(cluster('a', [endpoint(1)]))
  const slot = harness.stats.find('cluster.a.upstream_rq_total')?.slot ?? -1
  harness.stats.add(slot, 5)
  harness.engine.removeCluster('a')
  minutes(5)
  harness.engine.setCluster(cluster('a', [endpoint(1)]))
  minutes(20)
  expect(harness.counter('cluster.a.upstream_rq_total')).toBe(5)
})

test('a thousand clusters that come and go leave as many slots as one', () => {
  const before = namesOf('').length
  for (let i = 0; i < 50; i++) {
    for (let k = 0; k < 20; k++) harness.engine.setCluster(cluster(`c${i}-${k}`, [endpoint(1)]))
    for (let k = 0; k < 20; k++) harness.engine.removeCluster(`c${i}-${k}`)
    minutes(12)
  }
  expect(namesOf('').length).toBe(before)
  harness.engine.setCluster(cluster('last', [endpoint(1)]))
  const slots = [...harness.stats.metrics()].map(({ slot }) => slot)
  expect(Math.max(...slots)).toBeLessThan(20 * namesOf('cluster.last.').length * 3)
})
