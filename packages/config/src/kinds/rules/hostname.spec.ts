import { describe, expect, test } from 'vitest'
import { checkFqdn, checkWildcardDomain, covers, hostsOverlap, isShortName } from './hostname.ts'

const accepts = (check: typeof checkFqdn, host: string): boolean => check('p', host).length === 0

describe('host names', () => {
  test.each(['a', 'a.b', 'A-1.b', 'a.', '1.2.3.4', 'x'.repeat(63), `${'x'.repeat(63)}.a`])('%s', host => {
    expect(accepts(checkFqdn, host)).toBe(true)
    expect(accepts(checkWildcardDomain, host)).toBe(true)
  })

  test.each([
    '',
    '.',
    'a..b',
    '-a',
    'a-',
    'a_b',
    'a b',
    'b@d.com',
    'x'.repeat(64),
    `${'a.'.repeat(128)}a`,
    'a.*',
    'a.*.b',
    '**',
    '*a_.b',
    '*.*',
  ])('not %j', host => {
    expect(accepts(checkFqdn, host)).toBe(false)
    expect(accepts(checkWildcardDomain, host)).toBe(false)
  })

  test.each(['*', '*.com', '*a.com', '*-a.com'])('wildcard %s', host => {
    expect(accepts(checkFqdn, host)).toBe(false)
    expect(accepts(checkWildcardDomain, host)).toBe(true)
  })
})

test('covers', () => {
  const pairs: [string, string, boolean][] = [
    ['a.com', 'A.com', true],
    ['*', 'anything', true],
    ['*.com', 'a.com', true],
    ['*.com', '*.a.com', true],
    ['*.a.com', '*.com', false],
    ['*.foo.com', 'foo.com', false],
    ['*.foo.com', '.foo.com', false],
    ['a.com', '*.com', false],
  ]
  expect(pairs.map(([pattern, host]) => covers(pattern, host))).toEqual(pairs.map(([, , expected]) => expected))
  expect(hostsOverlap('a.com', '*.com')).toBe(true)
})

test('isShortName', () => {
  expect(['reviews', 'reviews.default', '*'].map(isShortName)).toEqual([true, false, false])
})
