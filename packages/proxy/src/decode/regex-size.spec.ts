import { RE2JS } from 're2js'
import { expect, it } from 'vitest'
import { regexSize } from './regex-size.ts'

const EXPRESSIONS = [
  'abc',
  '/shop/[a-z]+/(?:cart|order)',
  '\\pL{1,999}',
  '\\p{Greek}{1,500}',
  '[]a-z{}]{3}',
  '[^\\]]{40}',
  '((a{0,10}){0,10}){0,10}',
  '(?:[a-z]{100}){9}',
  '\\{4,5}',
  'x{,5}',
  '\\pL{1,999}'.repeat(5),
]

it.each(EXPRESSIONS)('tells about how large the program of %s is', pattern => {
  const real = RE2JS.compile(pattern).programSize()
  expect(regexSize(pattern)).toBeGreaterThan(real / 4)
  expect(regexSize(pattern)).toBeLessThan(real * 2 + 10)
})

it('ends for anything', () => {
  for (const pattern of ['', '(', '[', '\\', '{9}', '((((', '[\\', '\\p{', 'a{999999999}', ')))'])
    expect(regexSize(pattern)).toBeGreaterThanOrEqual(0)
})
