import { ManualClock } from '@meshwork/testkit/clock'
import { expect, test } from 'vitest'
import { AdviceBudget } from './advice-budget.ts'

test('a burst is served until a second of work is spent, then a tenth of the time', () => {
  const clock = new ManualClock()
  const budget = new AdviceBudget(clock)
  const work = (): string => {
    clock.advance(100)
    return 'advice'
  }
  const answers = Array.from({ length: 20 }, () => budget.spend(work))
  const served = answers.filter(answer => answer === 'advice').length
  expect(served).toBeGreaterThanOrEqual(10)
  expect(served).toBeLessThan(13)
  clock.advance(50)
  expect(budget.spend(work)).toBeUndefined()
  clock.advance(2000)
  expect(budget.spend(work)).toBe('advice')
  clock.advance(1_000_000)
  expect(Array.from({ length: 20 }, () => budget.spend(work)).filter(answer => answer === 'advice').length).toBeLessThan(13)
})
