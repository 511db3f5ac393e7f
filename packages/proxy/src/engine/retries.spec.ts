import { Agent } from 'node:http'
import type { Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { RetryPolicy } from '../model/retry-policy.ts'
import type { RouteAction } from '../model/route.ts'
import { LIMITS, chain, cluster, endpoint, listener, manager, route, routeAction, routeTable, virtualHost } from './testdata/configs.ts'
import { get, Harness } from './testdata/harness.ts'

let harness: Harness

beforeEach(() => {
  harness = new Harness()
})

afterEach(() => harness.close())

function policy(retryOn: readonly string[], over: Partial<RetryPolicy> = {}): RetryPolicy {
  return {
    retryOn,
    retriableStatusCodes: [],
    maxRetries: 2,
    perTryTimeoutMs: 0,
    perTryIdleTimeoutMs: 0,
    backoff: { baseMs: 1, maxMs: 5 },
    rateLimited: null,
    retriableHeaders: [],
    retriableRequestHeaders: [],
    hosts: [],
    hostAttempts: 1,
    previousPriorities: null,
    ...over,
  }
}

function listen(over: Partial<RouteAction>): Promise<number> {
  const table = routeTable('r', [virtualHost(['*'], [route('/', routeAction([['a', 1]], over))])])
  return harness.listen(listener('main', [chain(manager({ kind: 'inline', table }))]))
}

/** Answers with these statuses in order, then 200. */
async function statuses(...codes: number[]): Promise<number> {
  const { port } = await harness.httpServer((request, response) => {
    let body = ''
    request.on('data', part => (body += String(part)))
    request.on('end', () => {
      response.statusCode = codes.shift() ?? 200
      response.end(body)
    })
  })
  return port
}

test('5xx is retried, with the body', async () => {
  harness.engine.setCluster(cluster('a', [endpoint(await statuses(503, 500))]))
  const proxy = await listen({ retry: policy(['5xx']) })
  expect(await get(proxy, { method: 'POST', body: 'payload' })).toMatchObject({ status: 200, body: 'payload' })
  expect(harness.counter('cluster.a.upstream_rq_retry')).toBe(2)
  expect(harness.counter('cluster.a.upstream_rq_retry_success')).toBe(1)
})

test('not more often than the policy says', async () => {
  harness.engine.setCluster(cluster('a', [endpoint(await statuses(503, 503, 503, 503))]))
  const proxy = await listen({ retry: policy(['gateway-error'], { maxRetries: 1 }) })
  expect((await get(proxy)).status).toBe(503)
  expect(harness.counter('cluster.a.upstream_rq_total')).toBe(2)
  expect(harness.counter('cluster.a.upstream_rq_retry_limit_exceeded')).toBe(1)
})

test('a status that the policy does not name is passed on', async () => {
  harness.engine.setCluster(cluster('a', [endpoint(await statuses(500))]))
  const proxy = await listen({ retry: policy(['gateway-error', '429'], { retriableStatusCodes: [429] }) })
  expect((await get(proxy)).status).toBe(500)
})

test('a dead host loses nothing when connect failures are retried elsewhere', async () => {
  const port = await statuses()
  const limits = { ...LIMITS, maxConnections: 1024, maxPendingRequests: 1024, maxRequests: 1024, maxRetries: 1024 }
  harness.engine.setCluster(cluster('a', [endpoint(1), endpoint(port)], { limits }))
  const proxy = await listen({ retry: policy(['connect-failure'], { hosts: [{ kind: 'previous-hosts' }], hostAttempts: 5 }) })
  const answers = await Promise.all(Array.from({ length: 30 }, () => get(proxy)))
  expect(answers.every(answer => answer.status === 200)).toBe(true)
  expect(harness.counter('cluster.a.upstream_rq_active')).toBe(0)
})

test('a slow try is given up, the next one answers', async () => {
  let calls = 0
  const { port } = await harness.httpServer((_request, response) => {
    if (++calls > 1) response.end('second')
  })
  harness.engine.setCluster(cluster('a', [endpoint(port)]))
  const proxy = await listen({ retry: policy(['5xx'], { perTryTimeoutMs: 100 }) })
  expect(await get(proxy)).toMatchObject({ status: 200, body: 'second' })
  expect(harness.counter('cluster.a.upstream_rq_per_try_timeout')).toBe(1)
})

test('the time limit of a route', async () => {
  const { port } = await harness.httpServer(() => undefined)
  harness.engine.setCluster(cluster('a', [endpoint(port)]))
  const proxy = await listen({ timeoutMs: 150 })
  expect(await get(proxy)).toMatchObject({ status: 504, body: 'upstream request timeout' })
  expect(harness.counter('cluster.a.upstream_rq_timeout')).toBe(1)
  expect(harness.counter('cluster.a.upstream_rq_active')).toBe(0)
})

/** Answers the first request of each connection; what comes after may have been read when the connection is cut. */
function oneAnswerPerConnection(): Promise<number> {
  return harness.tcpServer(socket => {
    let served = 0
    socket.on('data', () => {
      if (served++ === 0) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
      else socket.resetAndDestroy()
    })
  })
}

test.each(['', 'connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes,reset-before-request'])(
  "a request whose kept connection is cut is not repeated by '%s'",
  async words => {
    harness.engine.setCluster(cluster('a', [endpoint(await oneAnswerPerConnection())]))
    const proxy = await listen({ retry: policy(words.split(','), { retriableStatusCodes: [503] }) })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    expect((await get(proxy, { agent })).status).toBe(200)
    const lost = await get(proxy, { agent })
    expect(lost.status).toBe(503)
    expect(lost.body).toBe('upstream connect error or disconnect/reset before headers. reset reason: connection termination')
    expect(harness.counter('cluster.a.upstream_rq_total')).toBe(2)
    agent.destroy()
  },
)

test('a repetition after a kept connection was cut takes a new connection', async () => {
  harness.engine.setCluster(cluster('a', [endpoint(await oneAnswerPerConnection())]))
  const proxy = await listen({ retry: policy(['reset'], { maxRetries: 1 }) })
  // Two connections are kept; the repetition must not meet the second one.
  await Promise.all([get(proxy), get(proxy)])
  expect((await get(proxy)).status).toBe(200)
})

test('a refused connection is not a refused stream', async () => {
  harness.engine.setCluster(cluster('a', [endpoint(1)]))
  const proxy = await listen({ retry: policy(['refused-stream']) })
  expect((await get(proxy)).body).toMatch(/disconnect\/reset before headers\. reset reason: remote connection failure/)
})

test('a host that was not tried yet is found, however often the dice show the other one', async () => {
  const dice = new Harness({ random: () => 0 })
  const { port: bad } = await dice.httpServer((_request, response) => response.writeHead(503).end())
  const { port: good } = await dice.httpServer((_request, response) => response.end('good'))
  dice.engine.setCluster(cluster('a', [endpoint(bad), endpoint(good)], { balancer: { kind: 'random' } }))
  const retry = policy(['5xx'], { maxRetries: 1, hosts: [{ kind: 'previous-hosts' }], hostAttempts: 5 })
  const table = routeTable('r', [virtualHost(['*'], [route('/', routeAction([['a', 1]], { retry }))])])
  const proxy = await dice.listen(listener('main', [chain(manager({ kind: 'inline', table }))]))
  expect(await get(proxy)).toMatchObject({ status: 200, body: 'good' })
  await dice.close()
})

test('three tries of 100 ms fit into 280 ms', async () => {
  let calls = 0
  const { port } = await harness.httpServer(() => void calls++)
  harness.engine.setCluster(cluster('a', [endpoint(port)]))
  const proxy = await listen({ timeoutMs: 280, retry: policy(['5xx'], { maxRetries: 5, perTryTimeoutMs: 100 }) })
  expect((await get(proxy)).status).toBe(504)
  expect(calls).toBe(3)
})

test('limits: pending requests overflow', async () => {
  const { port } = await harness.httpServer((_request, response) => setTimeout(() => response.end('late'), 300))
  harness.engine.setCluster(
    cluster('a', [endpoint(port)], { limits: { ...LIMITS, maxConnections: 1, maxPendingRequests: 1, maxRequests: 10, maxRetries: 3 } }),
  )
  const proxy = await listen({})
  const first = get(proxy)
  await new Promise(resolve => setTimeout(resolve, 50))
  const answers = await Promise.all([first, ...Array.from({ length: 3 }, () => get(proxy))])
  expect(answers.map(answer => answer.status).toSorted((x, y) => x - y)).toEqual([200, 200, 503, 503])
  const refused = answers.find(answer => answer.status === 503)
  expect(refused?.body).toBe('upstream connect error or disconnect/reset before headers. reset reason: overflow')
  expect(refused?.headers['x-envoy-overloaded']).toBe('true')
})

test('broken answers: garbage, and an end before the head', async () => {
  const garbage = await harness.tcpServer(socket => socket.once('data', () => socket.end('nonsense\r\n\r\n')))
  const silent = await harness.tcpServer(socket => socket.once('data', () => socket.end()))
  harness.engine.setCluster(cluster('a', [endpoint(garbage)]))
  const proxy = await listen({})
  expect((await get(proxy)).status).toBe(502)
  harness.engine.setCluster(cluster('a', [endpoint(silent)]))
  const answer = await get(proxy)
  expect(answer.status).toBe(503)
  expect(answer.body).toMatch(/reset reason: connection termination$/)
})

test('an answer that breaks off is noticed by the client', async () => {
  const broken = await harness.tcpServer(socket =>
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc')),
  )
  harness.engine.setCluster(cluster('a', [endpoint(broken)]))
  const proxy = await listen({})
  await expect(get(proxy)).rejects.toThrow()
})

test('a client that leaves takes its upstream request with it', async () => {
  let closed = 0
  const { port } = await harness.httpServer((_request, response) => response.on('close', () => closed++))
  harness.engine.setCluster(cluster('a', [endpoint(port)]))
  const proxy = await listen({})
  const abort = new AbortController()
  const gone = fetch(`http://127.0.0.1:${proxy}/`, { signal: abort.signal }).catch(() => 'gone')
  await new Promise(resolve => setTimeout(resolve, 100))
  abort.abort()
  expect(await gone).toBe('gone')
  await new Promise(resolve => setTimeout(resolve, 100))
  expect(closed).toBe(1)
  expect(harness.counter('cluster.a.upstream_rq_active')).toBe(0)
  expect(harness.counter('http.test.downstream_rq_active')).toBe(0)
})

test('a killed host with many kept connections loses no GET when connect failures go elsewhere', async () => {
  const sockets = new Set<Socket>()
  const { port: other } = await harness.httpServer((_request, response) => setTimeout(() => response.end('other'), 5))
  const { port: victim, server } = await harness.httpServer((_request, response) => setTimeout(() => response.end('victim'), 5))
  server.on('connection', socket => sockets.add(socket))
  const limits = { ...LIMITS, maxConnections: 1024, maxPendingRequests: 1024, maxRequests: 1024, maxRetries: 1024 }
  harness.engine.setCluster(cluster('a', [endpoint(victim), endpoint(other)], { limits }))
  const proxy = await listen({ retry: policy(['connect-failure'], { hosts: [{ kind: 'previous-hosts' }], hostAttempts: 5 }) })
  await Promise.all(Array.from({ length: 40 }, () => get(proxy)))
  server.close()
  for (const socket of sockets) socket.resetAndDestroy()
  const answers = await Promise.all(Array.from({ length: 80 }, () => get(proxy)))
  expect([...new Set(answers.map(answer => `${answer.status} ${answer.body}`))]).toEqual(['200 other'])
})
