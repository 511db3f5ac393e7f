import { ManualClock } from '@meshwork/testkit/clock'
import { expect, it } from 'vitest'
import { MemoryTrim } from './memory-trim.ts'

it('trims once it is quiet, and not again within a minute', async () => {
  const clock = new ManualClock()
  let trims = 0
  const memory = new MemoryTrim(clock, () => trims++)
  await memory.start()
  clock.advance(900)
  memory.changed()
  clock.advance(900)
  expect(trims).toBe(0)
  clock.advance(100)
  expect(trims).toBe(1)
  memory.changed()
  clock.advance(58_000)
  memory.changed()
  clock.advance(1900)
  expect(trims).toBe(1)
  clock.advance(100)
  expect(trims).toBe(2)
  await memory.close()
})

it('gives memory of the real process back, or does nothing', async () => {
  const clock = new ManualClock()
  const memory = new MemoryTrim(clock)
  await memory.start()
  expect(() => clock.advance(1000)).not.toThrow()
})
