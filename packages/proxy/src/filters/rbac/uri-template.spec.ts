import { expect, test } from 'vitest'
import { uriTemplateRegex } from './uri-template.ts'

test.each([
  ['/a/*', '/a/b', true],
  ['/a/*', '/a/b/c', false],
  ['/a/**', '/a/b/c', true],
  ['/a/{*}/c', '/a/b/c', true],
  ['/a/{id}/c', '/a/b/c', true],
  ['/a/{id}/c', '/a//c', false],
  ['/a/{**}', '/a/', true],
  ['/a.b', '/axb', false],
])('%s over %s: %s', (template, path, matches) => {
  expect(uriTemplateRegex(template)?.test(path)).toBe(matches)
})

test.each(['a', '/a/**/b', '/{', '/a^b'])('%s is no template', template => {
  expect(uriTemplateRegex(template)).toBeNull()
})
