import { expect, test } from 'vitest'
import { rootsIn, trustEachOther } from './trusted-roots.ts'

const pem = (name: string): string => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----\n`
const [ONE, TWO, OLD] = [pem('one'), pem('two'), pem('old')]

test.each([
  ['one root', ONE, ONE, true],
  ['an old root beside the one of both', ONE + OLD, ONE, true],
  ['a change of roots that one has behind it', `${TWO}${ONE}`, `${ONE}\n${TWO}`, true],
  ['two roots', ONE, TWO, false],
  ['a root that only one of them trusts', ONE + TWO, TWO, false],
  ['an old root that is all they share', ONE + OLD, TWO + OLD, false],
])('%s', (_, a, b, expected) => {
  expect(trustEachOther(rootsIn(a), rootsIn(b))).toBe(expected)
  expect(trustEachOther(rootsIn(b), rootsIn(a))).toBe(expected)
})

test('nothing published is nothing', () => {
  expect(rootsIn(' \n')).toEqual([])
})
