import { expect, test } from 'vitest'
import { chooseEncoding } from './accept-encoding.ts'

const gzip = { encoding: 'gzip', chooseFirst: false }
const br = { encoding: 'br', chooseFirst: false }

test.each([
  [null, null],
  ['', null],
  ['gzip', 'gzip'],
  ['gzip;q=0', null],
  ['deflate, gzip;q=0.5, *;q=0', 'gzip'],
  ['*', 'gzip'],
  ['gzip;q=0.5, br', 'br'],
  ['gzip;q=0.5, identity', null],
  ['GZIP', 'gzip'],
  ['x-gzip', 'gzip'],
  ['gzip;q=nonsense', null],
])('%j chooses %j', (header, chosen) => {
  expect(chooseEncoding(header, [gzip, br])).toBe(chosen)
})

test('among equals the one that asks to be first', () => {
  expect(chooseEncoding('gzip, br', [gzip, { ...br, chooseFirst: true }])).toBe('br')
})
