import { expect, test } from 'vitest'
import { normalizePath } from './normalize-path.ts'

test.each([
  ['/a/b', '/a/b'],
  ['/a/../b', '/b'],
  ['/a/./b/.', '/a/b/'],
  ['/../../x', '/x'],
  ['/a/..', '/'],
  ['/%61dmin', '/admin'],
  ['/a%2fb', '/a%2fb'],
  ['/a%2Fb%c3%A9', '/a%2Fb%c3%A9'],
  ['/%2e%2e/x', '/x'],
  ['/a\\..\\b', '/b'],
  ['/a?b=/../c', '/a?b=/../c'],
  ['/a//b', '/a//b'],
  ['/a%zz', '/a%zz'],
  ['/a"<>^{}|`b', '/a%22%3C%3E%5E%7B%7D%7C%60b'],
  ['/a;b=1/../c', '/c'],
  ['/a/%2E./b', '/b'],
  ['/a%00', null],
])('%s becomes %s', (path, expected) => {
  expect(normalizePath(path, true, false)).toBe(expected)
})

test('slashes are merged on demand, not in the query', () => {
  expect(normalizePath('/a///b?c=//', false, true)).toBe('/a/b?c=//')
})
