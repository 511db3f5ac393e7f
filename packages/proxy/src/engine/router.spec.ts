import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { HostRewrite, InternalRedirectPolicy, MirrorPolicy, RouteConfig, VirtualHostConfig } from '../model/route.ts'
import type { RetryPolicy } from '../model/retry-policy.ts'
import { chain, cluster, endpoint, listener, manager, route, routeAction, routeTable, virtualHost } from './testdata/configs.ts'
import { get, Harness } from './testdata/harness.ts'

let harness: Harness

beforeEach(() => {
  harness = new Harness()
})

afterEach(() => harness.close())

interface Seen {
  readonly method: string
  readonly url: string
  readonly host: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A cluster of one server; gives what arrived there. */
async function upstream(name: string, answer: (response: ServerResponse, count: number) => void): Promise<Seen[]> {
  const seen: Seen[] = []
  const { port } = await harness.httpServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      seen.push({ method, url, host: headers.host ?? '', headers, body: Buffer.concat(parts).toString() })
      answer(response, seen.length)
    })
  })
  harness.engine.setCluster(cluster(name, [endpoint(port)]))
  return seen
}

function listen(routes: readonly RouteConfig[], over: Partial<VirtualHostConfig> = {}): Promise<number> {
  const table = routeTable('r', [virtualHost(['*'], routes, over)])
  return harness.listen(listener('main', [chain(manager({ kind: 'inline', table }, OWN_CLIENTS))]))
}

/** Clients on this machine may steer retries and timeouts. */
const OWN_CLIENTS = { useRemoteAddress: true, internalRanges: [{ address: '127.0.0.0', prefixLength: 8 }] } as const

const FOLLOW: InternalRedirectPolicy = {
  maxRedirects: 1,
  statuses: [302, 303],
  crossScheme: 'no',
  allowedRoutes: null,
  refusePreviousRoutes: false,
  copyHeaders: ['x-copied'],
}

const RETRY: RetryPolicy = {
  retryOn: ['5xx'],
  retriableStatusCodes: [],
  maxRetries: 1,
  perTryTimeoutMs: 0,
  perTryIdleTimeoutMs: 0,
  backoff: { baseMs: 1, maxMs: 5 },
  rateLimited: null,
  retriableHeaders: [],
  retriableRequestHeaders: [],
  hosts: [],
  hostAttempts: 1,
  previousPriorities: null,
}

test('a redirect of the upstream is followed, with the body, and then no further', async () => {
  const seen = await upstream('a', (response, count) => {
    response.writeHead(302, { location: 'http://o.test/next?x', 'x-copied': `c${count}` }).end()
  })
  const port = await listen([route('/', routeAction([['a', 1]], { internalRedirect: FOLLOW }))])
  const answer = await get(port, { method: 'POST', path: '/first', body: 'payload', headers: { host: 'h.test' } })
  expect(answer).toMatchObject({ status: 302, body: '' })
  expect(seen).toMatchObject([
    { url: '/first', host: 'h.test', body: 'payload' },
    { method: 'POST', url: '/next?x', host: 'o.test', body: 'payload' },
  ])
  expect(seen[1]?.headers).toMatchObject({ 'x-envoy-original-url': 'http://h.test/first', 'x-copied': 'c1' })
})

test('see other becomes a GET without body', async () => {
  const seen = await upstream('a', (response, count) => {
    response.writeHead(count === 1 ? 303 : 200, { location: 'http://o.test/next' }).end()
  })
  const port = await listen([route('/', routeAction([['a', 1]], { internalRedirect: FOLLOW }))])
  expect((await get(port, { method: 'POST', body: 'payload' })).status).toBe(200)
  expect(seen[1]).toMatchObject({ method: 'GET', url: '/next', body: '' })
})

test.each<[string, Partial<InternalRedirectPolicy>, string]>([
  ['another scheme', {}, 'https://o.test/'],
  ['a route that is not listed', { allowedRoutes: ['other'] }, 'http://o.test/'],
  ['a route that does not exist', {}, 'http://o.test/nowhere'],
  ['no URL', {}, '/relative'],
])('a redirect to %s is the client’s', async (_name, over, location) => {
  const seen = await upstream('a', response => response.writeHead(302, { location }).end())
  const here = route('/', routeAction([['a', 1]], { internalRedirect: { ...FOLLOW, ...over } }))
  const port = await listen([{ ...here, match: { ...here.match, path: { kind: 'exact', value: '/' } } }])
  expect(await get(port)).toMatchObject({ status: 302, headers: { location } })
  expect(seen).toHaveLength(1)
})

test.each<[string, HostRewrite, string]>([
  ['the route', { kind: 'literal', value: 'route.test' }, 'route.test'],
  ['the cluster, where the route rewrites nothing', { kind: 'none' }, 'cluster.test'],
])('of two hosts the upstream sees that of %s', async (_name, hostRewrite, expected) => {
  const seen = await upstream('a', response => response.end())
  const action = routeAction([['a', 1]], { hostRewrite })
  const clusters = action.clusters.map(cluster => ({ ...cluster, hostRewrite: 'cluster.test' }))
  await get(await listen([route('/', { ...action, clusters })]))
  expect(seen).toMatchObject([{ host: expected }])
})

const SHADOW: MirrorPolicy = { cluster: 'm', fromHeader: null, fractionPpm: 1_000_000, shadowHost: true }

test('a copy goes to the mirror, and nobody waits for it', async () => {
  await upstream('a', response => response.end('ok'))
  const copies = await upstream('m', () => undefined)
  const port = await listen([route('/', routeAction([['a', 1]], { mirrors: [SHADOW, { ...SHADOW, fractionPpm: 0 }] }))])
  const body = 'x'.repeat(200_000)
  expect(await get(port, { method: 'POST', body, path: '/p?q', headers: { host: 'h.test:81' } })).toMatchObject({ body: 'ok' })
  await vi.waitFor(() => expect(copies).toMatchObject([{ url: '/p?q', host: 'h.test-shadow:81', body }]))
})

test('whose host is rewritten is told of the one that was asked for', async () => {
  const seen = await upstream('a', response => response.end())
  const port = await listen([
    route('/', routeAction([['a', 1]], { hostRewrite: { kind: 'literal', value: 'b.test' }, appendForwardedHost: true })),
  ])
  await get(port, { headers: { host: 'h.test' } })
  expect(seen[0]).toMatchObject({ host: 'b.test', headers: { 'x-envoy-original-host': 'h.test', 'x-forwarded-host': 'h.test' } })
})

test.each([
  { substitution: String.raw`/\0/\2\1`, path: '//a/b/ba' },
  { substitution: String.raw`/$1\\`, path: '/$1\\' },
])('a substitution $substitution', async ({ substitution, path }) => {
  const seen = await upstream('a', response => response.end())
  const regexRewrite = { pattern: '/(a)/(b)', substitution }
  const port = await listen([route('/', routeAction([['a', 1]], { regexRewrite }))])
  await get(port, { path: '/a/b' })
  expect(seen[0]?.url).toBe(path)
})

test('a mirror that is not there harms nobody', async () => {
  await upstream('a', response => response.end('ok'))
  const port = await listen([route('/', routeAction([['a', 1]], { mirrors: [{ ...SHADOW, cluster: 'none' }] }))])
  expect((await get(port)).status).toBe(200)
})

test('an upstream that limits its rate says when to come again', async () => {
  const rateLimited = { headers: [{ name: 'retry-after', format: 'seconds' as const }], maxMs: 5000 }
  const times: number[] = []
  await upstream('a', (response, count) => {
    times.push(performance.now())
    response.writeHead(count === 1 ? 503 : 200, { 'retry-after': '1' }).end()
  })
  const port = await listen([route('/', routeAction([['a', 1]], { retry: { ...RETRY, rateLimited } }))])
  expect((await get(port)).status).toBe(200)
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(990)
})

test('silence after the head ends an attempt that has a limit for it', async () => {
  await upstream('a', response => void response.writeHead(200, { 'content-length': 5 }).write('a'))
  const port = await listen([route('/', routeAction([['a', 1]], { retry: { ...RETRY, perTryIdleTimeoutMs: 100 } }))])
  await expect(get(port)).rejects.toThrow()
  expect(harness.counter('cluster.a.upstream_rq_retry')).toBe(0)
})

test('silence before the head is repeated and then answered', async () => {
  const seen = await upstream('a', () => undefined)
  const port = await listen([route('/', routeAction([['a', 1]], { retry: { ...RETRY, perTryIdleTimeoutMs: 50 } }))])
  expect(await get(port)).toMatchObject({ status: 504, body: 'upstream request timeout' })
  expect(seen).toHaveLength(2)
})

test('a stream may not last longer than its route says', async () => {
  await upstream('a', () => undefined)
  const limits = { maxMs: 100, grpcTimeoutMaxMs: null, grpcTimeoutOffsetMs: 0, grpcAsTimeoutMaxMs: null, grpcAsTimeoutOffsetMs: 0 }
  const port = await listen([route('/', routeAction([['a', 1]], { maxStreamDuration: limits, timeoutMs: 0 }))])
  expect(await get(port)).toMatchObject({ status: 504, body: 'downstream duration timeout' })
})

test('attempts are counted for both sides, timeouts told to the upstream', async () => {
  const seen = await upstream('a', (response, count) => response.writeHead(count === 1 ? 503 : 200).end())
  const port = await listen([route('/', routeAction([['a', 1]], { retry: RETRY }))], {
    includeAttemptCount: true,
    includeAttemptCountInResponse: true,
  })
  expect((await get(port)).headers['x-envoy-attempt-count']).toBe('2')
  expect(seen.map(({ headers }) => headers['x-envoy-attempt-count'])).toEqual(['1', '2'])
  expect(seen[0]?.headers['x-envoy-expected-rq-timeout-ms']).toBe('15000')
})

test('a request may ask for retries and for less time', async () => {
  const seen = await upstream('a', (response, count) => void (count < 3 && response.writeHead(429).end()))
  const port = await listen([route('/', routeAction([['a', 1]]))])
  const headers = {
    'x-envoy-retry-on': 'retriable-status-codes',
    'x-envoy-max-retries': '5',
    'x-envoy-retriable-status-codes': '429',
    'x-envoy-upstream-rq-timeout-ms': '300',
  }
  expect((await get(port, { headers })).status).toBe(504)
  expect(seen).toHaveLength(3)
  expect(Object.keys(seen[0]?.headers ?? {}).filter(name => /retr|upstream-rq/.test(name))).toEqual([])
})

test('a client of ours may ask for 204 where its time is up, and limit the stream of an attempt', async () => {
  const seen = await upstream('a', () => undefined)
  const port = await listen([route('/', routeAction([['a', 1]], { timeoutMs: 100 }))])
  const alternative = { 'x-envoy-upstream-rq-timeout-alt-response': '1', 'x-envoy-upstream-alt-stat-name': 's' }
  expect(await get(port, { headers: alternative })).toMatchObject({ status: 204, body: '' })
  expect(Object.keys(seen[0]?.headers ?? {}).filter(name => /alt-/.test(name))).toEqual([])
  const short = { 'x-envoy-upstream-stream-duration-ms': '20' }
  expect(await get(port, { headers: short })).toMatchObject({ status: 504, body: 'upstream max stream duration reached' })
})

test('a request without body tells the upstream so where its method usually has one', async () => {
  const seen = await upstream('a', response => response.end())
  const port = await listen([route('/', routeAction([['a', 1]]))])
  await get(port, { method: 'GET' })
  await get(port, { method: 'PATCH', headers: { 'content-length': '0' } })
  await get(port, { method: 'PROPFIND' })
  expect(seen.map(({ headers }) => headers['content-length'])).toEqual([undefined, '0', '0'])
})
