import { describe, expect, test } from 'vitest'
import { parseDuration } from './duration.ts'

describe('parseDuration', () => {
  test.each([
    ['0', 0],
    ['0s', 0],
    ['1ms', 1],
    ['1.5s', 1500],
    ['.5s', 500],
    ['1.s', 1000],
    ['1h1m1s', 3_661_000],
    ['+2m', 120_000],
    ['-1s', -1000],
    ['100us', 0.1],
    ['100µs', 0.1],
  ])('%s is %d ms', (text, ms) => expect(parseDuration(text)).toBeCloseTo(ms, 9))

  test.each(['', '5', 's', '1', '1 s', '1d', '1s ', ' 1s', '1sx', '--1s', '1.2.3s', '.s', '9'.repeat(70) + 's', '999999999999h'])(
    '%j is none',
    text => expect(parseDuration(text)).toBeUndefined(),
  )
})
