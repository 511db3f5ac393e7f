import { expect, it } from 'vitest'
import { idleLimitMs } from './keep-alive-hint.ts'

it.each([
  ['timeout=5', 60_000, 4_000],
  ['timeout=5, max=100', 0, 4_000],
  ['max=7,timeout=1', 60_000, 500],
  ['timeout=300', 60_000, 60_000],
  ['Timeout = "20"', 0, 19_000],
  ['timeout=0', 60_000, 60_000],
  ['timeout=x', 60_000, 60_000],
  ['xtimeout=5', 60_000, 60_000],
  ['timeout=999999', 0, 0],
  ['', 60_000, 60_000],
])('%j over %d ms configured gives %d ms', (hint, configured, limit) => {
  expect(idleLimitMs(hint, configured)).toBe(limit)
})
