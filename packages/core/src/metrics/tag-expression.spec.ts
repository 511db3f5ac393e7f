import { expect, test } from 'vitest'
import { parseTagExpression } from './tag-expression.ts'

test.each([
  [`'prod'`, { kind: 'literal', value: 'prod' }],
  [` "a b" `, { kind: 'literal', value: 'a b' }],
  [`''`, { kind: 'literal', value: '' }],
  ['request.method', { kind: 'attribute', name: 'request.method' }],
  [`request.headers['X-Tenant']`, { kind: 'header', of: 'request', name: 'x-tenant' }],
  [`response.headers["x-version"]`, { kind: 'header', of: 'response', name: 'x-version' }],
])('%s is understood', (text, expected) => {
  expect(parseTagExpression(text)).toEqual(expected)
})

test.each(['', 'request', 'request.size', `'a' + 'b'`, `'it\\'s'`, `request.headers[x]`, `has(request.method)`, `'${'x'.repeat(2000)}'`])(
  '%s is not',
  text => {
    expect(parseTagExpression(text)).toBeUndefined()
  },
)
