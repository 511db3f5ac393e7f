import { expect, test } from 'vitest'
import { parsePathTemplate, parseTemplateRewrite } from './path-template.ts'

test.each(['a', '/a{', '/{a}/{a}', '/{1}', '/{}', '/a/**/*', '/{a=**}/{b}', '/{a}{b}{c}{d}{e}{f}', '/a b', `/${'a'.repeat(256)}`])(
  '%s is refused',
  template => {
    expect(parsePathTemplate(template).kind).toBe('err')
  },
)

test.each([
  ['/a/{x}', ['x']],
  ['/{x=*}/{y=**}', ['x', 'y']],
  ['/v/**.m3u8', []],
  ['/{x=a/*}', ['x']],
])('%s has variables %j', (template, variables) => {
  expect(parsePathTemplate(template)).toMatchObject({ kind: 'ok', value: { variables } })
})

test('a rewrite uses variables of the match only', () => {
  expect(parseTemplateRewrite('/{b}/x/{a}', ['a', 'b'])).toEqual({ kind: 'ok', value: ['/', 1, '/x/', 0, ''] })
  expect(parseTemplateRewrite('/{c}', ['a'])).toMatchObject({ kind: 'err' })
  expect(parseTemplateRewrite('{a}', ['a'])).toMatchObject({ kind: 'err' })
})
