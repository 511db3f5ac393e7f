import { ManualClock } from '@meshwork/testkit/clock'
import { beforeEach, expect, it } from 'vitest'
import { Termination, type TerminationOptions } from './termination.ts'

let clock: ManualClock
let left = 0
let connections = 0

beforeEach(() => {
  clock = new ManualClock()
  left = 0
  connections = 0
})

function begin(options: Partial<TerminationOptions> = {}): { readonly termination: Termination; readonly isOver: () => boolean } {
  const defaults = { graceMs: 5000, untilIdle: false, wasReady: () => true }
  const termination = new Termination({ ...defaults, askToLeave: () => left++, connections: () => connections, clock, ...options })
  let over = false
  void termination.close().then(() => (over = true))
  return { termination, isOver: () => over }
}

it('asks clients to leave and goes on for its time', async () => {
  const { isOver, termination } = begin()
  expect([left, termination.hasBegun]).toEqual([1, true])
  await clock.advanceAsync(4900)
  expect(isOver()).toBe(false)
  await clock.advanceAsync(200)
  expect(isOver()).toBe(true)
})

it('goes on until the last connection is gone, but not less than its time', async () => {
  connections = 1
  const { isOver } = begin({ untilIdle: true })
  await clock.advanceAsync(60_000)
  expect(isOver()).toBe(false)
  connections = 0
  await clock.advanceAsync(200)
  expect(isOver()).toBe(true)
})

it('waits for nothing when nobody needs it, or it was never ready', async () => {
  const hurried = begin({ untilIdle: true })
  connections = 1
  hurried.termination.hurry()
  const unready = begin({ wasReady: () => false })
  await clock.advanceAsync(0)
  expect([hurried.isOver(), unready.isOver(), left]).toEqual([true, true, 1])
})
