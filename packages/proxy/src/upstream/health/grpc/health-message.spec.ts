import { expect, it } from 'vitest'

import { isServing, questionFor } from './health-message.ts'

it('asks for a service, or for the whole server', () => {
  expect(questionFor('svc').toString('hex')).toBe('00000000050a03737663')
  expect(questionFor('').toString('hex')).toBe('0000000000')
  expect(questionFor('x'.repeat(200)).subarray(0, 8).toString('hex')).toBe('00000000cb0ac801')
})

it.each([
  ['00000000020801', true],
  ['00000000020802', false],
  ['0000000000', false],
  ['01000000020801', false],
  ['000000000208', false],
  ['', false],
])('%s serves: %s', (hex, expected) => {
  expect(isServing(Buffer.from(hex, 'hex'))).toBe(expected)
})
