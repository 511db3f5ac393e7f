import { expect, test } from 'vitest'
import { TokenBucket } from './token-bucket.ts'

test('tokens come back evenly, up to the most', () => {
  const bucket = new TokenBucket({ maxTokens: 2, tokensPerFill: 1, fillMs: 1000 }, 0)
  expect([bucket.take(0), bucket.take(0), bucket.take(0)]).toEqual([true, true, false])
  expect(bucket.resetSeconds).toBe(1)
  expect(bucket.take(999)).toBe(false)
  expect(bucket.take(1000)).toBe(true)
  expect([bucket.take(60_000), bucket.take(60_000), bucket.take(60_000)]).toEqual([true, true, false])
})
