import { expect, test } from 'vitest'
import { HeaderTable } from '../http/header-table.ts'
import type { ScopeFragment } from '../model/scoped-routes.ts'
import { scopeKey, scopeKeyOf } from './scope-key.ts'

function keyOf(fragments: readonly ScopeFragment[], headers: readonly (readonly [string, string])[]): string | null {
  const requestHeaders = new HeaderTable()
  for (const [name, value] of headers) requestHeaders.append(name, value)
  const connection = { peer: null, peerValidated: false }
  return scopeKeyOf(fragments, {
    method: 'GET',
    path: '/',
    authority: 'shop.test',
    scheme: 'http',
    requestHeaders,
    connection,
    dynamicMetadata: () => null,
  })
}

const index = (separator: string, at: number): ScopeFragment => ({ header: 'x-key', separator, pick: { kind: 'index', index: at } })
const element = (key: string): ScopeFragment => ({ header: 'x-key', separator: ';', pick: { kind: 'element', key, separator: '=' } })

test('the whole value, an element by its place, an element by its key', () => {
  const headers = [['X-Key', 'a=1;b=2=3;c']] as const
  expect(keyOf([index('', 0)], headers)).toBe(scopeKey(['a=1;b=2=3;c']))
  expect(keyOf([index(';', 1)], headers)).toBe(scopeKey(['b=2=3']))
  expect(keyOf([element('b'), element('c')], headers)).toBe(scopeKey(['2=3', '']))
})

test('only the first line of a header counts, and pseudo-headers are headers', () => {
  const host: ScopeFragment = { header: ':authority', separator: '.', pick: { kind: 'index', index: 0 } }
  const lines = [
    ['x-key', 'first'],
    ['x-key', 'second'],
  ] as const
  expect(keyOf([index('', 0), host], lines)).toBe(scopeKey(['first', 'shop']))
})

test('a request that lacks a fragment has no key', () => {
  expect(keyOf([index('', 0)], [])).toBe(null)
  expect(keyOf([index('', 0), index(';', 3)], [['x-key', 'a;b']])).toBe(null)
  expect(keyOf([element('no')], [['x-key', 'a=1']])).toBe(null)
})

test('lists of fragments cannot be taken for each other', () => {
  expect(scopeKey(['a', 'b'])).not.toBe(scopeKey(['a1:b']))
  expect(scopeKey(['ab', ''])).not.toBe(scopeKey(['a', 'b']))
})
