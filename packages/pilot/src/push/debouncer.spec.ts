import { ManualClock } from '@meshwork/testkit/clock'
import { expect, test } from 'vitest'
import { Debouncer } from './debouncer.ts'

function setup(): { clock: ManualClock; debouncer: Debouncer; runs: number[] } {
  const clock = new ManualClock()
  const runs: number[] = []
  const debouncer = new Debouncer({ clock, quietMs: 100, maxMs: 250, run: () => runs.push(clock.monotonicMs()) })
  return { clock, debouncer, runs }
}

test('a burst makes one run, after the quiet time', () => {
  const { clock, debouncer, runs } = setup()
  debouncer.request()
  clock.advance(60)
  debouncer.request()
  clock.advance(99)
  expect(runs).toEqual([])
  clock.advance(1)
  expect(runs).toEqual([160])
})

test('endless changes cannot put it off for longer than the maximum', () => {
  const { clock, debouncer, runs } = setup()
  for (let i = 0; i < 10; i++) {
    debouncer.request()
    clock.advance(50)
  }
  expect(runs).toEqual([250, 500])
})

test('flush runs now and leaves nothing behind', () => {
  const { clock, debouncer, runs } = setup()
  debouncer.request()
  debouncer.flush()
  clock.advance(1000)
  expect(runs).toEqual([0])
})

test('cancel drops what was requested', () => {
  const { clock, debouncer, runs } = setup()
  debouncer.request()
  debouncer.cancel()
  clock.advance(1000)
  expect(runs).toEqual([])
})
