import { expect, test } from 'vitest'
import { parseLogExpression } from './log-expression.ts'

test.each([
  ['response.code >= 400', { kind: 'status', operator: 'at-least', value: 400 }],
  ['response.code > 399', { kind: 'status', operator: 'at-least', value: 400 }],
  ['response.code<500', { kind: 'status', operator: 'at-most', value: 499 }],
  ["'X-Debug' in request.headers", { kind: 'header', name: 'x-debug', not: false }],
  ['request.headers["x-a"] != \'b\'', { kind: 'header', name: 'x-a', value: 'b', not: true }],
])('%s', (text, condition) => {
  expect(parseLogExpression(text)).toEqual(condition)
})

test('&& binds closer than ||, parentheses closer than both', () => {
  const [a, b, c] = [200, 201, 202].map(value => ({ kind: 'status', operator: 'equal', value }))
  expect(parseLogExpression('response.code == 200 || response.code == 201 && response.code == 202')).toEqual({
    kind: 'any',
    of: [a, { kind: 'all', of: [b, c] }],
  })
  expect(parseLogExpression('(response.code == 200 || response.code == 201) && response.code == 202')).toEqual({
    kind: 'all',
    of: [{ kind: 'any', of: [a, b] }, c],
  })
})

test.each([
  '',
  'response.code',
  'response.code >= x',
  'response.code >= 400 &&',
  'response.code >= 400 response.code < 500',
  "request.url_path.startsWith('/x')",
  '!(response.code == 200)',
  `${'('.repeat(40)}response.code == 200${')'.repeat(40)}`,
  'response.code < 0',
  `response.code == 200 ${'|| response.code == 200 '.repeat(400)}`,
])('%.40j is beyond the part of CEL that is read', text => {
  expect(parseLogExpression(text)).toBeUndefined()
})
