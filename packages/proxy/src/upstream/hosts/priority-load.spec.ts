import { describe, expect, test } from 'vitest'
import { type PriorityHealth, shareLoad } from './priority-load.ts'

function level(total: number, healthy: number, over: Partial<PriorityHealth> = {}): PriorityHealth {
  return { total, healthy, degraded: 0, excluded: 0, hosts: total, ...over }
}

/** `P0 70, P1 30`, with `d` for degraded and `!` for panic. */
function shares(levels: readonly PriorityHealth[], overprovisioning: number = 140, threshold: number = 50): string {
  const marks = { healthy: '', degraded: 'd', all: '!' }
  return shareLoad(levels, overprovisioning, threshold)
    .map(({ priority, source, percent }) => `P${priority}${marks[source]} ${percent}`)
    .join(', ')
}

describe('priorities', () => {
  // The tables of Envoy's documentation of priority levels.
  test.each([
    [100, 100, 'P0 100'],
    [72, 100, 'P0 100'],
    [71, 100, 'P0 99, P1 1'],
    [50, 100, 'P0 70, P1 30'],
    [25, 100, 'P0 35, P1 65'],
    [0, 100, 'P1 100'],
  ])('%i percent of the first and %i of the second are healthy', (first, second, expected) => {
    expect(shares([level(100, first), level(100, second)], 140, 0)).toBe(expected)
  })

  test('degraded hosts take what healthy ones cannot', () => {
    expect(shares([level(100, 50, { degraded: 50 })], 140, 0)).toBe('P0 70, P0d 30')
    expect(shares([level(10, 0, { degraded: 10 }), level(10, 5)], 140, 0)).toBe('P1 70, P0d 30')
  })

  test('what is short of hosts in all is scaled up to the whole load', () => {
    expect(shares([level(100, 25), level(100, 25)], 140, 0)).toBe('P0 50, P1 50')
  })

  test('hosts that do not count make a priority no less healthy', () => {
    expect(shares([level(10, 5, { excluded: 5 })])).toBe('P0 100')
  })
})

describe('panic', () => {
  test('below the threshold all hosts are used', () => {
    expect(shares([level(3, 1)])).toBe('P0! 100')
    expect(shares([level(3, 1)], 140, 20)).toBe('P0 100')
  })

  test('a priority is not in panic while the others carry the load', () => {
    expect(shares([level(3, 0), level(3, 3)])).toBe('P1 100')
  })

  test('when all are, the load goes by hosts', () => {
    expect(shares([level(3, 0), level(1, 0)])).toBe('P0! 75, P1! 25')
    expect(shares([level(0, 0)])).toBe('P0! 100')
  })

  test('without panic and healthy hosts nobody is left', () => {
    expect(shares([level(3, 0)], 140, 0)).toBe('P0 100')
  })
})
