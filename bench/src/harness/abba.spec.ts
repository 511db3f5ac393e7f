import { expect, test } from 'vitest'
import { abba } from './abba.ts'

test('every second round runs backwards', () => {
  expect(abba(['a', 'b', 'c'], 3).join('')).toBe('abccbaabc')
})
