import { describe, expect, test } from 'vitest'
import { checkRegex } from './regex.ts'

describe('checkRegex', () => {
  test.each([
    'a',
    '^/api/v[0-9]+$',
    '(?i)abc',
    '(?i:a)b',
    '(?P<name>a)',
    'a{1,3}?',
    '[[:alpha:]]',
    '\\d+\\.\\d',
    '[*+]+',
    'a\\++',
    '\\\\1',
    '[\\]+]+x',
    '.*?x',
  ])('%s', source => expect(checkRegex('p', source)).toEqual([]))

  test.each(['', '[', '(', 'a)', '*', '(?=a)', '(?!a)', '(?<=a)b', '(?<!a)b', '(a)\\1', 'a++', '(?>a)', 'a{2,1}', 'x'.repeat(5000)])(
    'not %s',
    source => expect(checkRegex('p', source)).toMatchObject([{ path: 'p', code: 'bad-regex' }]),
  )
})
