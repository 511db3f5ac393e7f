import { Agent } from 'node:http'
import { connect } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  chain,
  cluster,
  endpoint,
  LIMITS,
  listener,
  manager,
  NO_MUTATIONS,
  route,
  routeAction,
  routeTable,
  virtualHost,
} from './testdata/configs.ts'
import { exchange, get, Harness } from './testdata/harness.ts'

let harness: Harness

beforeEach(() => {
  harness = new Harness()
})

afterEach(() => harness.close())

async function echo(name: string = 'a'): Promise<number> {
  const { port } = await harness.httpServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      response.setHeader('x-upstream', name)
      response.end(
        JSON.stringify({
          method: request.method,
          url: request.url,
          headers: request.headers,
          raw: request.rawHeaders,
          body: Buffer.concat(parts).toString(),
        }),
      )
    })
  })
  return port
}

/** A listener whose every request goes to cluster `a`. */
async function toClusterA(port: number, action = routeAction([['a', 1]])): Promise<number> {
  harness.engine.setCluster(cluster('a', [endpoint(port)]))
  return harness.listen(
    listener('main', [chain(manager({ kind: 'inline', table: routeTable('r', [virtualHost(['*'], [route('/', action)])]) }))]),
  )
}

test('forwards a request and its answer', async () => {
  const proxy = await toClusterA(await echo())
  const answer = await get(proxy, { path: '/p?q=1', method: 'POST', body: 'hello', headers: { 'X-Case': 'kept', 'content-length': '5' } })
  const seen = JSON.parse(answer.body)
  expect(answer.status).toBe(200)
  expect(answer.headers).toMatchObject({
    server: 'meshwork',
    'x-upstream': 'a',
    'x-envoy-upstream-service-time': expect.stringMatching(/^\d+$/),
  })
  expect(seen).toMatchObject({ method: 'POST', url: '/p?q=1', body: 'hello' })
  expect(seen.raw).toContain('x-case')
  expect(seen.headers).toMatchObject({
    'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    'x-forwarded-proto': 'http',
    'x-envoy-expected-rq-timeout-ms': '15000',
  })
  expect(harness.counter('cluster.a.upstream_rq_200')).toBe(1)
  expect(harness.counter('http.test.downstream_rq_2xx')).toBe(1)
  expect(harness.counter('http.test.downstream_rq_active')).toBe(0)
})

test('upstream connections are kept and used again', async () => {
  const proxy = await toClusterA(await echo())
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  for (let i = 0; i < 20; i++) expect((await get(proxy, { agent, path: `/${i}` })).status).toBe(200)
  agent.destroy()
  expect(harness.counter('cluster.a.upstream_cx_total')).toBe(1)
  expect(harness.counter('http.test.downstream_cx_total')).toBe(1)
  expect(harness.counter('cluster.a.upstream_rq_total')).toBe(20)
})

test('pipelined requests are answered in order', async () => {
  const proxy = await toClusterA(await echo())
  const requests = Array.from({ length: 20 }, (_, i) => `GET /${i} HTTP/1.1\r\nHost: x\r\n${i === 19 ? 'Connection: close\r\n' : ''}\r\n`)
  const seen = await exchange(proxy, [requests.join('')])
  expect([...seen.matchAll(/"url":"\/(\d+)"/g)].map(match => Number(match[1]))).toEqual(requests.map((_, i) => i))
})

test('a request in pieces of one byte', async () => {
  const proxy = await toClusterA(await echo())
  const text = 'POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5;x=1\r\nhello\r\n0\r\nx-t: v\r\n\r\n'
  const seen = await new Promise<string>(resolve => {
    const socket = connect(proxy, '127.0.0.1')
    socket.setNoDelay(true)
    let got = ''
    socket.on('data', part => (got += part.toString()))
    socket.on('close', () => resolve(got))
    const send = (i: number): void => {
      if (i < text.length) socket.write(text[i] ?? '', () => setImmediate(send, i + 1))
    }
    send(0)
  })
  expect(seen).toContain('"body":"hello"')
})

test('Expect: 100-continue is answered before the body', async () => {
  const proxy = await toClusterA(await echo())
  const head = 'POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n'
  expect(await exchange(proxy, [head], /100 Continue/)).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\n/)
  expect(await exchange(proxy, [head, 'hi'])).toContain('"body":"hi"')
})

test.each([
  ['GET / HTTP/1.1\r\n\r\n', 400],
  ['GET / HTTP/1.0\r\nHost: x\r\n\r\n', 426],
  ['GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400],
  ['GET / HTTP/1.1\r\nHost: user@b\r\n\r\n', 400],
  ['GET /secret#/public HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
  ['POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n', 501],
  [`GET / HTTP/1.1\r\nHost: x\r\nx: ${'a'.repeat(70_000)}\r\n\r\n`, 431],
  ['CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n', 404],
])('refuses %j', async (text, status) => {
  const proxy = await toClusterA(await echo())
  expect((await exchange(proxy, [text])).slice(0, 12)).toBe(`HTTP/1.1 ${status}`)
  expect(harness.counter('cluster.a.upstream_rq_total')).toBe(0)
})

test('an absolute target routes by its host and is sent in origin form', async () => {
  const port = await echo()
  harness.engine.setCluster(cluster('a', [endpoint(port)]))
  const table = routeTable('r', [virtualHost(['service.test'], [route('/', routeAction([['a', 1]]))])])
  const proxy = await harness.listen(listener('main', [chain(manager({ kind: 'inline', table }))]))
  const seen = await exchange(proxy, ['GET http://service.test:80/x?y HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n'])
  expect(seen).toContain('"url":"/x?y"')
  expect(seen).toContain('"host":"service.test:80"')
})

test('answers without an upstream: no route, no cluster, no host, refused', async () => {
  const dead = await harness.tcpServer(() => undefined)
  harness.engine.setCluster(cluster('empty', []))
  harness.engine.setCluster(cluster('refused', [endpoint(1)]))
  const table = routeTable('r', [
    virtualHost(
      ['*'],
      [
        route('/none', routeAction([['missing', 1]])),
        route('/empty', routeAction([['empty', 1]])),
        route('/refused', routeAction([['refused', 1]])),
      ],
    ),
  ])
  const proxy = await harness.listen(listener('main', [chain(manager({ kind: 'inline', table }))]))
  expect(dead).toBeGreaterThan(0)
  expect(await get(proxy, { path: '/x' })).toMatchObject({ status: 404, body: '' })
  expect(await get(proxy, { path: '/none' })).toMatchObject({ status: 503, body: '' })
  expect(await get(proxy, { path: '/empty' })).toMatchObject({ status: 503, body: 'no healthy upstream' })
  const refused = await get(proxy, { path: '/refused' })
  expect(refused.status).toBe(503)
  // Why the connection could not be made is for logs, not for clients.
  expect(refused.body).toBe('upstream connect error or disconnect/reset before headers. reset reason: remote connection failure')
  expect(harness.counter('cluster.refused.upstream_cx_active')).toBe(0)
})

test('weights share the requests', async () => {
  const [a, b] = [await echo('a'), await echo('b')]
  harness.engine.setCluster(cluster('a', [endpoint(a)]))
  harness.engine.setCluster(cluster('b', [endpoint(b)]))
  const action = routeAction([
    ['a', 75],
    ['b', 25],
  ])
  const proxy = await harness.listen(
    listener('main', [chain(manager({ kind: 'inline', table: routeTable('r', [virtualHost(['*'], [route('/', action)])]) }))]),
  )
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  const answers = await Promise.all(Array.from({ length: 400 }, () => get(proxy, { agent })))
  agent.destroy()
  const toA = answers.filter(answer => answer.headers['x-upstream'] === 'a').length
  expect(toA).toBeGreaterThan(250)
  expect(toA).toBeLessThan(350)
})

test('redirects, direct answers, rewrites and header edits', async () => {
  const port = await echo()
  harness.engine.setCluster(cluster('a', [endpoint(port)]))
  const edits = {
    ...NO_MUTATIONS,
    requestAdd: [
      { name: 'X-From', value: '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%', action: 'overwrite-if-exists-or-add', keepEmptyValue: false },
    ],
    responseAdd: [{ name: 'x-route', value: '%ROUTE_NAME%-%RESPONSE_CODE%', action: 'append-if-exists-or-add', keepEmptyValue: false }],
    requestRemove: ['x-secret'],
  } as const
  const table = routeTable('r', [
    virtualHost(
      ['*'],
      [
        route('/old', {
          kind: 'redirect',
          status: 302,
          scheme: 'https',
          host: 'new.test',
          port: 'unless-default',
          path: { kind: 'prefix', value: '/new' },
          stripQuery: false,
        }),
        route('/direct', { kind: 'direct-response', status: 418, body: 'teapot' }),
        route('/a/', routeAction([['a', 1]], { prefixRewrite: '/b/', hostRewrite: { kind: 'literal', value: 'rewritten.test' } }), {
          name: 'named',
          headers: edits,
        }),
      ],
    ),
  ])
  const proxy = await harness.listen(listener('main', [chain(manager({ kind: 'inline', table }))]))
  expect((await get(proxy, { path: '/old/x?y=1' })).headers['location']).toBe('https://new.test/new/x?y=1')
  expect(await get(proxy, { path: '/direct' })).toMatchObject({ status: 418, body: 'teapot' })
  const answer = await get(proxy, { path: '/a/x?y', headers: { 'x-secret': '1' } })
  expect(answer.headers['x-route']).toBe('named-200')
  const seen = JSON.parse(answer.body)
  expect(seen).toMatchObject({
    url: '/b/x?y',
    headers: { host: 'rewritten.test', 'x-from': '127.0.0.1', 'x-envoy-original-path': '/a/x?y' },
  })
  expect(seen.headers['x-secret']).toBeUndefined()
  const counters = ['rq_total', 'rq_redirect', 'rq_direct_response', 'downstream_cx_http1_total']
  expect(counters.map(name => harness.counter(`http.test.${name}`))).toEqual([3, 1, 1, 3])
})

test('HEAD, 204 and 304 have no body and keep the connection', async () => {
  const { port } = await harness.httpServer((request, response) => {
    response.writeHead(
      request.method === 'HEAD' ? 200 : Number(request.url?.slice(1)),
      request.method === 'HEAD' ? { 'content-length': '10' } : {},
    )
    response.end()
  })
  const proxy = await toClusterA(port)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  expect((await get(proxy, { method: 'HEAD', agent })).headers['content-length']).toBe('10')
  expect((await get(proxy, { path: '/204', agent })).status).toBe(204)
  expect((await get(proxy, { path: '/304', agent })).status).toBe(304)
  agent.destroy()
  expect(harness.counter('http.test.downstream_cx_total')).toBe(1)
  expect(harness.counter('cluster.a.upstream_cx_total')).toBe(1)
})

test('a slow reader slows the upstream instead of filling memory', async () => {
  const size = 50 * 1024 * 1024
  let sent = 0
  const { port } = await harness.httpServer((_request, response) => {
    response.writeHead(200, { 'content-length': String(size) })
    const piece = Buffer.alloc(65_536, 'x')
    const more = (): void => {
      while (sent < size && response.write(piece)) sent += piece.length
      if (sent < size) response.once('drain', () => ((sent += piece.length), more()))
      else response.end()
    }
    more()
  })
  const proxy = await toClusterA(port)
  const socket = connect(proxy, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  socket.pause()
  await new Promise(resolve => setTimeout(resolve, 300))
  expect(sent).toBeLessThan(30 * 1024 * 1024)
  let received = 0
  socket.on('data', part => (received += part.length))
  socket.resume()
  await new Promise(resolve => socket.on('close', resolve))
  expect(received).toBeGreaterThan(size)
  expect(received).toBeLessThan(size + 2000)
})

test('a large body upwards arrives whole', async () => {
  let received = 0
  const { port } = await harness.httpServer((request, response) => {
    request.on('data', (part: Buffer) => {
      for (let i = 0; i < part.length; i++) if (part[i] !== (received + i) % 251) response.destroy()
      received += part.length
    })
    request.on('end', () => response.end(String(received)))
  })
  const proxy = await toClusterA(port)
  const body = Buffer.from(Uint8Array.from({ length: 8_000_000 }, (_, i) => i % 251))
  expect((await get(proxy, { method: 'PUT', body })).body).toBe('8000000')
})

test('an unknown destination is not the listener itself', async () => {
  harness.engine.setCluster(
    cluster('passthrough', [], { discovery: { kind: 'original-dst', header: null, portOverride: null, cleanupMs: 5000 } }),
  )
  const table = routeTable('r', [virtualHost(['*'], [route('/', routeAction([['passthrough', 1]]))])])
  const proxy = await harness.listen(listener('main', [chain(manager({ kind: 'inline', table }))]))
  expect(await get(proxy)).toMatchObject({ status: 503, body: 'no healthy upstream' })
})

test('a switch of protocols that nobody asked for is a failure of the upstream', async () => {
  const upstream = await harness.tcpServer(socket => {
    socket.once('data', () => socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhi'))
  })
  harness.engine.setCluster(cluster('a', [endpoint(upstream)]))
  const table = routeTable('r', [virtualHost(['*'], [route('/', routeAction([['a', 1]]))])])
  const proxy = await harness.listen(listener('main', [chain(manager({ kind: 'inline', table }, { upgrades: ['websocket'] }))]))
  expect(await get(proxy)).toMatchObject({ status: 502, body: expect.stringContaining('protocol error') })
})

test('websocket upgrade becomes a tunnel', async () => {
  const upstream = await harness.tcpServer(socket => {
    socket.once('data', head => {
      expect(head.toString()).toMatch(/Upgrade: websocket/i)
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhi')
      socket.on('data', part => socket.write(`<${part.toString()}>`))
    })
  })
  harness.engine.setCluster(cluster('a', [endpoint(upstream)]))
  const table = routeTable('r', [virtualHost(['*'], [route('/', routeAction([['a', 1]]))])])
  const proxy = await harness.listen(listener('main', [chain(manager({ kind: 'inline', table }, { upgrades: ['websocket'] }))]))
  const head = 'GET /chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
  const seen = await new Promise<string>(resolve => {
    const socket = connect(proxy, '127.0.0.1')
    let got = ''
    socket.write(head)
    socket.on('data', part => {
      got += part.toString()
      if (got.endsWith('hi')) socket.write('ping')
      if (got.endsWith('<ping>')) socket.destroy()
    })
    socket.on('close', () => resolve(got))
  })
  expect(seen).toMatch(/^HTTP\/1.1 101 /)
  expect(seen).toMatch(/\r\n\r\nhi<ping>$/)
})

test('what follows an answer in the same segment never becomes the answer of the next request', async () => {
  // Each connection answers its first request twice, the second answer being one that nobody asked for.
  const upstream = await harness.tcpServer(socket => {
    let heads = ''
    socket.on('data', piece => {
      heads += piece.toString('latin1')
      const path = /^GET (\S+) HTTP.*\r\n\r\n$/s.exec(heads)?.[1]
      if (path === undefined) return
      heads = ''
      const answer = (body: string): string => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`
      setTimeout(() => socket.write(answer(`for ${path}`) + answer('for nobody')), 20)
    })
  })
  const limits = { ...LIMITS, maxConnections: 1, maxPendingRequests: 10, maxRequests: 10, maxRetries: 0 }
  harness.engine.setCluster(cluster('a', [endpoint(upstream)], { limits }))
  const table = routeTable('r', [virtualHost(['*'], [route('/', routeAction([['a', 1]]))])])
  const proxy = await harness.listen(listener('main', [chain(manager({ kind: 'inline', table }))]))
  // The second request waits for the one connection, and would take over whatever is left of its first answer.
  const bodies = await Promise.all(['/one', '/two', '/three'].map(async path => (await get(proxy, { path })).body))
  expect(bodies).toEqual(['for /one', 'for /two', 'for /three'])
  expect(harness.counter('cluster.a.upstream_cx_total')).toBe(3)
})

test('a connection that the upstream says it closes soon is closed before it does', async () => {
  const ended = Promise.withResolvers<number>()
  const upstream = await harness.tcpServer(socket => {
    let answeredAt = 0
    socket.on('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nkeep-alive: timeout=1, max=10\r\ncontent-length: 2\r\n\r\nok')
      answeredAt = performance.now()
    })
    socket.once('end', () => ended.resolve(performance.now() - answeredAt))
  })
  await get(await toClusterA(upstream))
  const unusedMs = await ended.promise
  expect(unusedMs).toBeGreaterThan(400)
  expect(unusedMs).toBeLessThan(1_000)
})
