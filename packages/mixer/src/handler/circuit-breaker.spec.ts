import { ManualClock } from '@meshwork/testkit/clock'
import { expect, it } from 'vitest'
import { CircuitBreaker } from './circuit-breaker.ts'

const FIVE = [1, 2, 3, 4, 5]

it('opens after five failures in a row, lets one trial through after a pause, and closes when it succeeds', () => {
  const clock = new ManualClock()
  const breaker = new CircuitBreaker(clock)
  for (const _ of FIVE) {
    expect(breaker.admits()).toBe(true)
    breaker.failed()
  }
  expect(breaker.admits()).toBe(false)
  clock.advance(500)
  expect(breaker.admits()).toBe(true)
  expect(breaker.admits()).toBe(false)
  breaker.succeeded()
  expect(breaker.admits()).toBe(true)
})

it('a success in between starts the count again', () => {
  const breaker = new CircuitBreaker(new ManualClock())
  for (const n of FIVE) {
    breaker.failed()
    if (n === 4) breaker.succeeded()
  }
  expect(breaker.admits()).toBe(true)
})
