import { expect, it } from 'vitest'

import { renewalTimeMs } from './renewal.ts'

it('is half of the life that was left, or up to a twentieth of it earlier', () => {
  const life = { obtainedAtMs: 1000, notAfterMs: 101_000 }
  expect(renewalTimeMs(life, 0)).toBe(51_000)
  expect(renewalTimeMs(life, 0.5)).toBe(48_500)
  expect(renewalTimeMs(life, 0.999_999)).toBeGreaterThan(46_000)
})
