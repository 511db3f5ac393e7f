import { describe, expect, test } from 'vitest'
import { virtualServiceShape } from './schema.ts'
import type { HttpMatch, HttpRoute } from './type.ts'
import { mergeDelegate } from './merge-delegate.ts'

/** The first `http` block of a document with its defaults. */
function route(block: object): HttpRoute {
  const [read] = virtualServiceShape.read({ hosts: ['a'], http: [block] }).http
  if (read === undefined) throw new Error('no route')
  return read
}

const TO_B = [{ destination: { host: 'b' } }]
const part = (block: object): HttpRoute => route({ route: TO_B, ...block })
const root = (block: object): HttpRoute => route({ delegate: { name: 'p' }, ...block })

function merged(outer: object, inner: object): HttpRoute | 'conflict' {
  const { routes, conflicting } = mergeDelegate(root(outer), [part(inner)])
  expect(routes.length + conflicting.length).toBe(1)
  return routes[0] ?? 'conflict'
}

function mergedMatch(outer: object, inner: object): readonly Partial<HttpMatch>[] | 'conflict' {
  const result = merged({ match: [outer] }, { match: [inner] })
  return result === 'conflict' ? result : result.match
}

describe('matches', () => {
  test('a side without a match takes those of the other', () => {
    const match = [{ uri: { prefix: '/a' } }]
    expect(merged({ match }, {})).toMatchObject({ match: [{ uri: { kind: 'prefix', value: '/a' } }] })
    expect(merged({}, { match })).toMatchObject({ match: [{ uri: { kind: 'prefix', value: '/a' } }] })
  })

  test.each<[string, object, object]>([
    ['a prefix inside a prefix', { uri: { prefix: '/a' } }, { uri: { prefix: '/a/b' } }],
    ['an exact path inside a prefix', { uri: { prefix: '/a' } }, { uri: { exact: '/a/b' } }],
    ['equal exact paths', { uri: { exact: '/a' } }, { uri: { exact: '/a' } }],
    ['equal ports', { port: 80 }, { port: 80 }],
    ['equal labels', { sourceLabels: { app: 'a' } }, { sourceLabels: { app: 'a', v: '1' } }],
    ['a gateway of several', { gateways: ['a', 'b'] }, { gateways: ['b'] }],
    ['different headers', { headers: { a: { exact: 'x' } } }, { headers: { b: { regex: 'y' } } }],
    ['an expression and nothing', { uri: { regex: '/a.*' } }, { headers: { b: {} } }],
  ])('together: %s', (_, outer, inner) => expect(mergedMatch(outer, inner)).toHaveLength(1))

  test.each<[string, object, object]>([
    ['a wider prefix', { uri: { prefix: '/a/b' } }, { uri: { prefix: '/a' } }],
    ['another prefix', { uri: { prefix: '/a' } }, { uri: { prefix: '/b' } }],
    ['a prefix for an exact path', { uri: { exact: '/a' } }, { uri: { prefix: '/a' } }],
    ['another exact path', { uri: { exact: '/a' } }, { uri: { exact: '/b' } }],
    ['an expression in the root', { uri: { regex: '/a.*' } }, { uri: { prefix: '/a' } }],
    ['an expression in the part', { uri: { prefix: '/a' } }, { uri: { regex: '/a.*' } }],
    ['two methods', { method: { exact: 'GET' } }, { method: { exact: 'PUT' } }],
    ['one header, two values', { headers: { a: { exact: 'x' } } }, { headers: { a: { exact: 'y' } } }],
    ['one parameter, two values', { queryParams: { a: { exact: 'x' } } }, { queryParams: { a: { exact: 'y' } } }],
    ['one missing header, two values', { withoutHeaders: { a: { exact: 'x' } } }, { withoutHeaders: { a: { exact: 'y' } } }],
    ['case', { ignoreUriCase: true }, { uri: { prefix: '/a' } }],
    ['ports', { port: 80 }, { port: 81 }],
    ['labels', { sourceLabels: { app: 'a' } }, { sourceLabels: { app: 'b' } }],
    ['namespaces', { sourceNamespace: 'a' }, { sourceNamespace: 'b' }],
    ['gateways', { gateways: ['a'] }, { gateways: ['b'] }],
  ])('conflict: %s', (_, outer, inner) => expect(mergedMatch(outer, inner)).toBe('conflict'))

  test('fields of both are joined, the narrower text wins', () => {
    const outer = { name: 'r', uri: { prefix: '/a' }, headers: { x: { exact: '1' } }, port: 80, statPrefix: 's' }
    expect(mergedMatch(outer, { name: 'p', uri: { exact: '/a/b' }, headers: { y: {} } })).toMatchObject([
      { name: 'r-p', uri: { kind: 'exact', value: '/a/b' }, headers: { x: { value: '1' }, y: {} }, port: 80, statPrefix: 's' },
    ])
  })

  test('every pair that goes together is a block; a block without a partner is a conflict', () => {
    const outer = { match: [{ uri: { prefix: '/a' } }, { headers: { h: {} } }] }
    expect(merged(outer, { match: [{ uri: { prefix: '/a/b' } }] })).toMatchObject({ match: [{ headers: {} }, { headers: { h: {} } }] })
    expect(merged({ match: [{ uri: { prefix: '/a' } }] }, { match: [{ uri: { prefix: '/a/b' } }, { uri: { prefix: '/b' } }] })).toBe(
      'conflict',
    )
  })
})

test('the root gives defaults, the part decides', () => {
  const outer = { name: 'r', timeout: '1s', headers: { request: { set: { a: 'b' } } }, mirrors: [{ destination: { host: 'm' } }] }
  const plain = merged(outer, {})
  expect(plain).toMatchObject({ name: 'r', timeoutMs: 1000, headers: { request: { set: { a: 'b' } } }, mirrors: [{ percent: 100 }] })
  expect(plain).not.toHaveProperty('delegate')
  const own = merged(outer, { name: 'p', timeout: '2s', headers: { request: { set: { c: 'd' } } } })
  expect(own).toMatchObject({ name: 'r-p', timeoutMs: 2000, headers: { request: { set: { c: 'd' } } } })
})
