import { expect, it } from 'vitest'

import { nextInterval } from './check-interval.ts'
import { CONFIG } from './testdata/check-config.ts'

const INTERVALS = {
  ...CONFIG,
  intervalMs: 1000,
  unhealthyIntervalMs: 2000,
  unhealthyEdgeIntervalMs: 3000,
  healthyEdgeIntervalMs: 4000,
  noTrafficIntervalMs: 5000,
  noTrafficHealthyIntervalMs: 6000,
}

it.each([
  [true, 'unchanged', true, 1000],
  [false, 'unchanged', true, 2000],
  [false, 'changed', true, 3000],
  [true, 'changed', true, 4000],
  [false, 'pending', true, 1000],
  [true, 'pending', true, 1000],
  [false, 'changed', false, 5000],
  [true, 'unchanged', false, 6000],
] as const)('fit %s, %s, traffic %s: %d ms', (fit, transition, traffic, expected) => {
  expect(nextInterval(INTERVALS, fit, transition, traffic, () => 0.5)).toBe(expected)
})

it('adds both jitters', () => {
  const config = { ...INTERVALS, intervalJitterMs: 100, intervalJitterPercent: 10 }
  expect(nextInterval(config, true, 'unchanged', true, () => 0.5)).toBe(1100)
  expect(nextInterval(config, true, 'unchanged', true, () => 0)).toBe(1000)
})
