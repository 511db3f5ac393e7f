import { ManualClock } from '@meshwork/testkit/clock'
import { expect, test } from 'vitest'
import { Debounce } from './debounce.ts'

function setUp(): { clock: ManualClock; debounce: Debounce; runs: number[] } {
  const clock = new ManualClock()
  const runs: number[] = []
  const debounce = new Debounce(clock, { quietMs: 20, longestMs: 100 }, () => runs.push(clock.monotonicMs()))
  return { clock, debounce, runs }
}

test('runs once, when things have been quiet', () => {
  const { clock, debounce, runs } = setUp()
  debounce.touch()
  clock.advance(15)
  debounce.touch()
  clock.advance(15)
  expect(runs).toEqual([])
  clock.advance(100)
  expect(runs).toEqual([35])
})

test('runs while things never are quiet', () => {
  const { clock, debounce, runs } = setUp()
  for (let i = 0; i < 50; i++) {
    debounce.touch()
    clock.advance(10)
  }
  expect(runs).toEqual([100, 200, 300, 400, 500].filter(time => time <= clock.monotonicMs()))
})

test('does not run after cancel', () => {
  const { clock, debounce, runs } = setUp()
  debounce.touch()
  debounce.cancel()
  clock.advance(100)
  expect(runs).toEqual([])
})
