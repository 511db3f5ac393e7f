import { expect, test } from 'vitest'
import { HeaderTable } from '../http/header-table.ts'
import type { PathMatch, RedirectAction } from '../model/route.ts'
import { compileRedirect } from './redirect.ts'

const PREFIX: PathMatch = { kind: 'prefix', value: '/old' }

function location(over: Partial<RedirectAction>, authority: string, path: string, scheme = 'http', match = PREFIX): string {
  const action: RedirectAction = {
    kind: 'redirect',
    status: 301,
    scheme: null,
    host: null,
    port: 'unless-default',
    path: { kind: 'keep' },
    stripQuery: false,
    ...over,
  }
  const request = {
    method: 'GET',
    path,
    authority,
    scheme,
    requestHeaders: new HeaderTable(),
    connection: { peer: null, peerValidated: false },
    dynamicMetadata: () => null,
  }
  return compileRedirect(action, match)(request)
}

test.each<[string, Partial<RedirectAction>, string, string, string]>([
  ['host', { host: 'new.test' }, 'o.test:81', '/old?q', 'http://new.test/old?q'],
  ['scheme leaves its default port', { scheme: 'https' }, 'o.test:80', '/old', 'https://o.test/old'],
  ['another port stays', { scheme: 'https' }, 'o.test:8080', '/old', 'https://o.test:8080/old'],
  ['the same scheme keeps the port', {}, 'o.test:80', '/old', 'http://o.test:80/old'],
  ['port', { port: 443, scheme: 'https' }, 'o.test:80', '/old', 'https://o.test:443/old'],
  ['port of an IPv6 host', { port: 8443 }, '[::1]:80', '/old', 'http://[::1]:8443/old'],
  ['path', { path: { kind: 'replace', value: '/n' } }, 'o.test', '/old?q', 'http://o.test/n?q'],
  ['path with query', { path: { kind: 'replace', value: '/n?a' } }, 'o.test', '/old?q', 'http://o.test/n?a'],
  ['path with query, stripped', { path: { kind: 'replace', value: '/n?a' }, stripQuery: true }, 'o.test', '/old?q', 'http://o.test/n?a'],
  ['prefix', { path: { kind: 'prefix', value: '/new' } }, 'o.test', '/older?q', 'http://o.test/newer?q'],
  ['prefix, stripped', { path: { kind: 'prefix', value: '/new' }, stripQuery: true }, 'o.test', '/older?q', 'http://o.test/newer'],
  [
    'regex',
    { path: { kind: 'regex', rewrite: { pattern: '^/old/([0-9]+)', substitution: String.raw`/n/\1` } } },
    'o.test',
    '/old/77/z?y',
    'http://o.test/n/77/z?y',
  ],
])('%s', (_name, over, authority, path, expected) => {
  expect(location(over, authority, path)).toBe(expected)
})

test('a match without a fixed text gives up its whole path', () => {
  expect(location({ path: { kind: 'prefix', value: '/n' } }, 'o', '/any/x?q', 'http', { kind: 'regex', value: '/any.*' })).toBe(
    'http://o/n?q',
  )
})
