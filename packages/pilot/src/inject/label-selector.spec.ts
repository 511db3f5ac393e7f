import { expect, test } from 'vitest'
import { selectsLabels } from './label-selector.ts'

const by = (operator: string, values?: readonly string[]) => ({ matchExpressions: [{ key: 'a', operator, ...(values && { values }) }] })

test.each([
  [{}, {}, true],
  [undefined, { a: '1' }, true],
  [{ matchLabels: { a: '1' } }, { a: '1', b: '2' }, true],
  [{ matchLabels: { a: '1' } }, { a: '2' }, false],
  [by('In', ['1', '2']), { a: '2' }, true],
  [by('In', ['1']), {}, false],
  [by('NotIn', ['1']), {}, true],
  [by('NotIn', ['1']), { a: '1' }, false],
  [by('Exists'), { a: '' }, true],
  [by('Exists'), { b: '' }, false],
  [by('DoesNotExist'), { b: '' }, true],
  [by('DoesNotExist'), { a: '' }, false],
  [by('Near', ['1']), { a: '1' }, false],
  [{ matchLabels: { b: '1' }, ...by('Exists') }, { a: '1' }, false],
])('%j on %j: %s', (selector, labels, expected) => {
  expect(selectsLabels(selector, { ...labels })).toBe(expected)
})
