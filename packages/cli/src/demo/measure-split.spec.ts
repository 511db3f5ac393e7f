import { describe, expect, it } from 'vitest'
import { splitHolds, versionShares } from './measure-split.ts'

const CONFIGURED = new Map([
  ['v1', 50],
  ['v2', 30],
  ['v3', 20],
])

function pages(...counts: readonly number[]): readonly { service: string; version: string; caller: null }[][] {
  return counts.flatMap((count, index) =>
    Array.from({ length: count }, () => [{ service: 'reviews', version: `v${index + 1}`, caller: null }]),
  )
}

describe('the measured split', () => {
  it('is counted per version, in percent', () => {
    expect(versionShares(pages(50, 30, 20), 'reviews', CONFIGURED).map(each => each.measuredPercent)).toEqual([50, 30, 20])
  })

  it.each([
    [[150, 90, 60], true],
    [[165, 80, 55], true],
    [[300, 0, 0], false],
    [[100, 100, 100], false],
    [[0, 0, 0], false],
  ])('%j out of 50/30/20 holds: %s', (counts, holds) => {
    expect(splitHolds(versionShares(pages(...counts), 'reviews', CONFIGURED))).toBe(holds)
  })

  it('allows no request to a version of weight 0', () => {
    const shares = versionShares(
      pages(95, 5),
      'reviews',
      new Map([
        ['v1', 100],
        ['v2', 0],
      ]),
    )
    expect(splitHolds(shares)).toBe(false)
  })
})
