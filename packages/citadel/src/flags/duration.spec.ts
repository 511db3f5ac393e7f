import { expect, it } from 'vitest'

import { parseDurationFlag } from './duration.ts'

it.each([
  ['24h', 86_400_000],
  ['1h30m', 5_400_000],
  ['90d', 7_776_000_000],
  ['500ms', 500],
])('reads %s', (text, ms) => expect(parseDurationFlag(text)).toBe(ms))

it.each(['', '24', 'h', '-1h', '1.5h', '0s', '1h x', '1y'])('refuses %j', text =>
  expect(() => parseDurationFlag(text)).toThrow('not a duration'),
)
