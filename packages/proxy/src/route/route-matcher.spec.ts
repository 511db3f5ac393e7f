import { expect, test } from 'vitest'
import { route, routeAction, routeTable, virtualHost } from '../engine/testdata/configs.ts'
import { HeaderTable } from '../http/header-table.ts'
import type { Matcher, MatcherOutcome } from '../model/matcher.ts'
import type { RouteConfig } from '../model/route.ts'
import { RouteTable } from './route-table.ts'

type RouteMatcher = Matcher<readonly RouteConfig[]>

const to = (name: string, prefix = '/'): MatcherOutcome<readonly RouteConfig[]> => ({
  kind: 'action',
  action: [route(prefix, routeAction([['c', 1]]), { name })],
})

function found(matcher: RouteMatcher, path: string, header: string | null): string | undefined {
  const requestHeaders = new HeaderTable()
  if (header !== null) requestHeaders.append('X-To', header)
  const table = new RouteTable(routeTable('r', [virtualHost(['*'], [], { matcher })]))
  const connection = { peer: null, peerValidated: false }
  const request = { method: 'GET', path, authority: 'a', scheme: 'http', requestHeaders, connection, dynamicMetadata: () => null }
  return table.match(request, () => 0)?.routeName
}

const input = { kind: 'header', name: 'x-to' } as const

test('a tree leads by its key, and not elsewhere when the route there does not match', () => {
  const tree: RouteMatcher = {
    kind: 'tree',
    input,
    keys: 'exact',
    map: new Map([
      ['one', to('one')],
      ['two', to('two', '/deep')],
    ]),
    otherwise: null,
  }
  expect([found(tree, '/', 'one'), found(tree, '/deep/x', 'two'), found(tree, '/x', 'two'), found(tree, '/', null)]).toEqual([
    'one',
    'two',
    undefined,
    undefined,
  ])
})

test('the longest prefix wins', () => {
  const tree: RouteMatcher = {
    kind: 'tree',
    input,
    keys: 'prefix',
    map: new Map([
      ['a', to('short')],
      ['ab', to('long')],
    ]),
    otherwise: to('else'),
  }
  expect(['abc', 'ac', 'b'].map(value => found(tree, '/', value))).toEqual(['long', 'short', 'else'])
})

test('a list asks in order', () => {
  const exact = (value: string) => ({ kind: 'value', input, match: { kind: 'exact', value, ignoreCase: false } }) as const
  const list: RouteMatcher = {
    kind: 'list',
    fields: [
      { predicate: { kind: 'all', predicates: [exact('a'), { kind: 'not', predicate: exact('b') }] }, outcome: to('first') },
      { predicate: { kind: 'any', predicates: [exact('a'), exact('c')] }, outcome: to('second') },
    ],
    otherwise: null,
  }
  expect(['a', 'c', 'd'].map(value => found(list, '/', value))).toEqual(['first', 'second', undefined])
})
