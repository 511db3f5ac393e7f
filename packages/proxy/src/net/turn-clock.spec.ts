import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '@meshwork/core/time'
import { expect, it } from 'vitest'
import { TurnClock } from './turn-clock.ts'

it('stands still within a turn of the event loop, and goes on with the next', async () => {
  let ms = 5
  const moved: Clock = { now: () => 1000 + ms, monotonicMs: () => ms, after: () => ({ cancel: () => {} }) }
  const clock = new TurnClock(moved)
  expect(clock.monotonicMs()).toBe(5)
  ms = 8
  expect(clock.monotonicMs()).toBe(5)
  expect(clock.now()).toBe(1005)
  await turn()
  expect(clock.now()).toBe(1008)
  expect(clock.monotonicMs()).toBe(8)
})
