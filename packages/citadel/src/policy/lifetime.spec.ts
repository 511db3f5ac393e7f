import { expect, it } from 'vitest'

import { decideLifetime } from './lifetime.ts'

const POLICY = { defaultMs: 86_400_000, maxMs: 90 * 86_400_000 }

it.each([
  [0n, 86_400_000],
  [-1n, 86_400_000],
  [1n, 1000],
  [90n * 86_400n, 90 * 86_400_000],
])('gives %d s as %d ms', (seconds, ms) => {
  expect(decideLifetime(seconds, POLICY)).toEqual({ kind: 'ok', value: ms })
})

it.each([90n * 86_400n + 1n, 2n ** 63n - 1n])('refuses %d s', seconds => {
  expect(decideLifetime(seconds, POLICY).kind).toBe('err')
})
