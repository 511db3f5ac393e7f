import { expect, test } from 'vitest'
import { medianInterval } from './interval.ts'

test('the interval holds the median and is narrow for values that agree', () => {
  const { low, median, high } = medianInterval([1.01, 0.99, 1, 1.02, 0.98, 1, 1.01])
  expect(median).toBe(1)
  expect(low).toBeGreaterThanOrEqual(0.98)
  expect(high).toBeLessThanOrEqual(1.02)
})

test('values that disagree widen it', () => {
  const { low, high } = medianInterval([0.5, 1, 1.5, 0.6, 1.4])
  expect(high - low).toBeGreaterThan(0.3)
})
