import { expect, test } from 'vitest'
import { fieldLines } from '../http1/encode.ts'
import { HeaderTrait } from './header-traits.ts'
import { HEADER_IDS } from './header-name.ts'
import { HeaderTable } from './header-table.ts'

function table(...pairs: readonly (readonly [string, string])[]): HeaderTable {
  const made = new HeaderTable()
  made.keepsCase = true
  for (const [name, value] of pairs) made.append(name, value)
  return made
}

test('names are compared without case, spelling and order stay', () => {
  const headers = table(['X-A', '1'], ['Host', 'h'], ['x-a', '2'])
  expect(headers.get('x-a')).toBe('1')
  expect(headers.getJoined('x-a')).toBe('1,2')
  expect(headers.getId(HEADER_IDS.host)).toBe('h')
  expect(fieldLines(headers, 'lower')).toBe('\r\nX-A: 1\r\nHost: h\r\nx-a: 2')
})

test('set replaces the first line and drops the others', () => {
  const headers = table(['A', '1'], ['b', '2'], ['a', '3'])
  headers.set('a', 'new')
  expect(fieldLines(headers, 'lower')).toBe('\r\nA: new\r\nb: 2')
  headers.remove('a')
  headers.set('c', '4')
  expect(fieldLines(headers, 'lower')).toBe('\r\nb: 2\r\nc: 4')
})

test.each(['a\r\nevil: 1', 'a\nevil: 1', 'a\0b', 'a\u010d\u010aevil: 1', '\u{1f600}'])('no value starts a line: %j', value => {
  const bytes = Buffer.from(fieldLines(table(['x', value]), 'lower'), 'latin1')
  expect(bytes.subarray(2).includes(10)).toBe(false)
  expect(bytes.subarray(2).includes(13)).toBe(false)
  expect(bytes.subarray(2).includes(0)).toBe(false)
})

test('several lines of one list become one line, in the place of the first', () => {
  const headers = table(['Accept', 'a'], ['x', '1'], ['accept', 'b'], ['x', '2'], ['accept', 'c'])
  headers.joinTraits(HeaderTrait.joined)
  expect(fieldLines(headers, 'lower')).toBe('\r\nAccept: a,b,c\r\nx: 1\r\nx: 2')
})
