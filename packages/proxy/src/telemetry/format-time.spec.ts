import { expect, test } from 'vitest'
import { formatTime } from './format-time.ts'

test.each([0, 7, 999, 1000, 1_795_437_296_789, 1_795_437_296_790, 1_795_437_297_000, 1_795_437_296_001])('%d as Date has it', ms => {
  expect(formatTime(ms, '')).toBe(new Date(ms).toISOString())
})
