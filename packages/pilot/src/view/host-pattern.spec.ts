import { expect, test } from 'vitest'
import { hostCovers, hostsOverlap, isExportedTo, namespaceCovers, parseScopedHost } from './host-pattern.ts'

test.each([
  ['*', 'a.b', true],
  ['*.b', 'a.b', true],
  ['*.b', 'b', false],
  ['*.b', '*.a.b', true],
  ['*.a.b', '*.b', false],
  ['A.b', 'a.B', true],
  ['a.b', 'c.b', false],
])('%s covers %s: %s', (pattern, host, expected) => {
  expect(hostCovers(pattern, host)).toBe(expected)
})

test('patterns overlap in either direction', () => {
  expect(hostsOverlap('*.a.b', '*.b')).toBe(true)
  expect(hostsOverlap('x.y', '*.b')).toBe(false)
})

test('a scoped host names namespace and host', () => {
  expect(parseScopedHost('bank/*')).toEqual({ namespace: 'bank', host: '*' })
  expect(parseScopedHost('*.example.com')).toEqual({ namespace: '*', host: '*.example.com' })
  expect([
    namespaceCovers('*', 'a', 'b'),
    namespaceCovers('.', 'a', 'b'),
    namespaceCovers('.', 'b', 'b'),
    namespaceCovers('~', '~x', 'b'),
  ]).toEqual([true, false, true, false])
})

test('exportTo limits who sees an object', () => {
  expect(isExportedTo([], 'a', 'b')).toBe(true)
  expect(isExportedTo(['.'], 'a', 'b')).toBe(false)
  expect(isExportedTo(['.'], 'a', 'a')).toBe(true)
  expect(isExportedTo(['c', 'b'], 'a', 'b')).toBe(true)
  expect(isExportedTo(['~'], 'a', 'a')).toBe(false)
})
