import { expect, test } from 'vitest'
import { fieldsOf, isFields, parsedJson, scalarText, textOf, textsOf } from './fields.ts'

test.each([
  [{ a: 1 }, true],
  [{}, true],
  [[], false],
  [null, false],
  ['text', false],
  [undefined, false],
])('%j has fields: %s', (value, expected) => {
  expect(isFields(value)).toBe(expected)
  expect(fieldsOf(value)).toEqual(expected ? value : {})
})

test('texts are texts; scalars are also what YAML makes of them', () => {
  expect(['a', 5, true, null, {}].map(textOf)).toEqual(['a', '', '', '', ''])
  expect(['a', 1.5, 10n, false, null, {}].map(scalarText)).toEqual(['a', '1.5', '10', 'false', '', ''])
  expect(textsOf({ a: 'x', b: 5, c: null })).toEqual({ a: 'x' })
  expect(textsOf(['x'])).toEqual({})
})

test('a text that is no JSON says nothing', () => {
  expect([parsedJson('{"a": 1}'), parsedJson('null'), parsedJson('{')]).toEqual([{ a: 1 }, null, undefined])
})
