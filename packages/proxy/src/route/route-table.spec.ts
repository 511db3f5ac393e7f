import { expect, test } from 'vitest'
import { HeaderTable } from '../http/header-table.ts'
import { route, routeAction, routeTable, virtualHost } from '../engine/testdata/configs.ts'
import type { MetadataMatch } from '../model/match.ts'
import type { RouteConfig, RouteMatch } from '../model/route.ts'
import type { RequestView } from './request-view.ts'
import { RouteTable } from './route-table.ts'

function request(
  path: string,
  over: Partial<Omit<RequestView, 'requestHeaders'>> = {},
  headers: Readonly<Record<string, string>> = {},
): RequestView {
  const requestHeaders = new HeaderTable()
  for (const [name, value] of Object.entries(headers)) requestHeaders.append(name, value)
  return {
    method: 'GET',
    path,
    authority: 'a.test',
    scheme: 'http',
    requestHeaders,
    connection: { peer: null, peerValidated: false },
    dynamicMetadata: () => null,
    ...over,
  }
}

const named = (name: string, match: Partial<RouteMatch> = {}): RouteConfig => {
  const base = route('/', routeAction([['c', 1]]), { name })
  return { ...base, match: { ...base.match, ...match } }
}

function hostOf(authority: string, ignorePortInHost = true): string | undefined {
  const domains = ['exact.test', '*.test', '*.long.test', 'pre.*', '*']
  const table = new RouteTable(
    routeTable(
      'r',
      domains.map(domain => virtualHost([domain], [named(domain)])),
      { ignorePortInHost },
    ),
  )
  return table.match(request('/', { authority }), () => 0)?.routeName
}

test.each([
  ['exact.test', 'exact.test'],
  ['EXACT.test', 'exact.test'],
  ['exact.test:8080', 'exact.test'],
  ['x.test', '*.test'],
  ['x.long.test', '*.long.test'],
  ['pre.fix', 'pre.*'],
  ['other', '*'],
  ['.test', '*'],
])('host %s is served by %s', (authority, expected) => {
  expect(hostOf(authority)).toBe(expected)
})

test('a host that demands TLS sends everybody else there', () => {
  const table = new RouteTable(routeTable('r', [virtualHost(['*'], [named('it')], { requireTls: 'all' })]))
  expect(table.match(request('/', { scheme: 'https' }), () => 0)?.routeName).toBe('it')
  const found = table.match(request('/a?b'), () => 0)
  expect(found?.action).toMatchObject({ kind: 'redirect', status: 301 })
  const view = request('/a?b', { authority: 'a.test:80' })
  expect(found?.redirect?.(view)).toBe('https://a.test:80/a?b')
})

test('the port counts unless it is ignored', () => {
  expect(hostOf('exact.test:8080', false)).toBe('*')
})

const metadata: MetadataMatch = {
  filter: 'f',
  path: ['a', 'b'],
  value: { kind: 'string', match: { kind: 'prefix', value: 'v', ignoreCase: false } },
  invert: false,
}

test.each<[string, Partial<RouteMatch>, RequestView, boolean]>([
  ['prefix', { path: { kind: 'prefix', value: '/a' } }, request('/abc?q'), true],
  ['prefix not in the query', { path: { kind: 'exact', value: '/a?q' } }, request('/a?q'), false],
  ['exact without query', { path: { kind: 'exact', value: '/a' } }, request('/a?q'), true],
  ['separated prefix', { path: { kind: 'path-separated-prefix', value: '/a' } }, request('/a/b'), true],
  ['separated prefix, same word', { path: { kind: 'path-separated-prefix', value: '/a' } }, request('/ab'), false],
  ['separated prefix, itself', { path: { kind: 'path-separated-prefix', value: '/a' } }, request('/a?x'), true],
  ['regex is whole', { path: { kind: 'regex', value: '/a.' } }, request('/abc'), false],
  ['regex', { path: { kind: 'regex', value: '/a.*' } }, request('/abc?x'), true],
  ['case', { path: { kind: 'prefix', value: '/A' }, caseSensitive: false }, request('/abc'), true],
  ['header', { headers: [header('exact', 'v')] }, request('/', {}, { X: 'v' }), true],
  ['header absent', { headers: [header('exact', 'v')] }, request('/'), false],
  ['header absent, inverted', { headers: [{ ...header('exact', 'v'), invert: true }] }, request('/'), false],
  ['method', { headers: [{ ...header('exact', 'GET'), name: ':method' }] }, request('/'), true],
  ['range', { headers: [{ ...header('exact', ''), match: { kind: 'range', start: 1n, end: 5n } }] }, request('/', {}, { x: '4' }), true],
  [
    'range end',
    { headers: [{ ...header('exact', ''), match: { kind: 'range', start: 1n, end: 5n } }] },
    request('/', {}, { x: '5' }),
    false,
  ],
  ['query', { queryParameters: [query('2')] }, request('/?a=1&b=2'), true],
  ['query present', { queryParameters: [{ name: 'b', match: { kind: 'present', present: true } }] }, request('/?bb=1'), false],
  ['query absent', { queryParameters: [{ name: 'b', match: { kind: 'present', present: false } }] }, request('/?bb=1'), true],
  ['one of two lines', { headers: [header('exact', 'v')] }, request('/', {}, { x: 'w', X: 'v' }), true],
  ['lines are not joined', { headers: [header('exact', 'w,v')] }, request('/', {}, { x: 'w', X: 'v' }), false],
  ['template', { path: { kind: 'template', value: '/a/{id}/*.txt' } }, request('/a/7/x.txt?q'), true],
  ['template, one segment', { path: { kind: 'template', value: '/a/*' } }, request('/a/b/c'), false],
  ['template, the rest', { path: { kind: 'template', value: '/a/**' } }, request('/a/b/c'), true],
  ['connect', { path: { kind: 'connect' } }, request('', { method: 'CONNECT' }), true],
  ['connect is a method', { path: { kind: 'connect' } }, request('/'), false],
  ['no certificate', { clientCertificate: { presented: false, validated: null } }, request('/'), true],
  ['certificate wanted', { clientCertificate: { presented: null, validated: true } }, request('/'), false],
  ['metadata', { dynamicMetadata: [metadata] }, request('/', { dynamicMetadata: name => (name === 'f' ? { a: { b: 'v' } } : null) }), true],
  ['no metadata', { dynamicMetadata: [metadata] }, request('/'), false],
  ['grpc', { grpcOnly: true }, request('/', {}, { 'content-type': 'application/grpc+proto' }), true],
  ['grpc-web is not', { grpcOnly: true }, request('/', {}, { 'content-type': 'application/grpc-web' }), false],
  ['fraction', { runtimeFractionPpm: 500_000 }, request('/'), true],
])('%s', (_name, match, view, expected) => {
  const table = new RouteTable(routeTable('r', [virtualHost(['*'], [named('it', match)])]))
  expect(table.match(view, () => 0.4)?.routeName).toBe(expected ? 'it' : undefined)
})

function query(value: string): RouteMatch['queryParameters'][number] {
  return { name: 'b', match: { kind: 'string', match: { kind: 'exact', value, ignoreCase: false } } }
}

function header(kind: 'exact', value: string): RouteMatch['headers'][number] {
  return { name: 'x', match: { kind: 'string', match: { kind, value, ignoreCase: false } }, invert: false, treatMissingAsEmpty: false }
}

test('weights divide the line of random numbers', () => {
  const action = routeAction([
    ['a', 1],
    ['b', 0],
    ['c', 3],
  ])
  const found = new RouteTable(routeTable('r', [virtualHost(['*'], [route('/', action)])])).match(request('/'), () => 0)
  expect([0, 0.24, 0.25, 0.99].map(point => found?.target(request('/'), () => point).cluster)).toEqual(['a', 'a', 'c', 'c'])
})

test('a header may hold the number that chooses', () => {
  const action = routeAction(
    [
      ['a', 1],
      ['b', 3],
    ],
    { randomHeader: 'x-n' },
  )
  const found = new RouteTable(routeTable('r', [virtualHost(['*'], [route('/', action)])])).match(request('/'), () => 0)
  const chosen = (value: string): string | undefined => found?.target(request('/', {}, { 'x-n': value }), () => 0.99).cluster
  expect(['0', '4', '5', '18446744073709551616', 'no'].map(chosen)).toEqual(['a', 'a', 'b', 'a', 'b'])
})
