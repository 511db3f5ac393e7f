import { Agent, type RequestListener } from 'node:http'
import { createServer as createTlsHttp } from 'node:https'
import { TUNNEL_PROTOCOL } from '@meshwork/core/ids'
import { createTestCa, type TestCa, type TestCertificate } from '@meshwork/testkit/ca'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type { PeerValidation, TlsParams } from '../model/tls.ts'
import { chain, cluster, endpoint, listener, manager, route, routeAction, routeTable, virtualHost } from './testdata/configs.ts'
import { exchange, get, Harness } from './testdata/harness.ts'

const SERVER_ALPN = [TUNNEL_PROTOCOL, 'h2', 'http/1.1', 'istio']
const PARAMS: TlsParams = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', ciphers: [], curves: [], signatureAlgorithms: [] }

let ca: TestCa
let near: TestCertificate
let far: TestCertificate
let harness: Harness

beforeAll(async () => {
  ca = await createTestCa()
  near = await ca.issue('spiffe://cluster.local/ns/a/sa/client')
  far = await ca.issue('spiffe://cluster.local/ns/b/sa/server')
})

beforeEach(() => {
  harness = new Harness()
})

afterEach(() => harness.close())

function validation(): PeerValidation {
  const none = { certificateHashes: [], publicKeyHashes: [], crlPem: '', allowExpired: false, acceptUntrusted: false, maxDepth: null }
  return { roots: { pem: ca.rootPem }, subjectAltNames: [], ...none }
}

const to = (name: string) =>
  ({ kind: 'inline', table: routeTable('r', [virtualHost(['*'], [route('/', routeAction([[name, 1]]))])]) }) as const

/** The far proxy, which calls the application as it is called. */
async function farProxy(handler: RequestListener, alpn: readonly string[] = SERVER_ALPN): Promise<number> {
  const { port } = await harness.httpServer(handler)
  harness.engine.setCluster(cluster('app', [endpoint(port)], { protocol: 'use-downstream' }))
  const tls = {
    certificates: [far],
    validation: validation(),
    requireClientCertificate: true,
    requireServerName: false,
    staplePolicy: 'lenient',
    fullScanOnMismatch: false,
    tickets: { kind: 'own' },
    sessionTimeoutMs: 0,
    alpn,
    params: PARAMS,
  } as const
  return harness.listen(listener('far', [chain(manager(to('app'), { statPrefix: 'far', upgrades: ['websocket'] }), { tls })]))
}

async function nearProxy(port: number): Promise<number> {
  const tls = { certificate: near, validation: validation(), sni: 'b', alpn: [TUNNEL_PROTOCOL, 'istio'], params: PARAMS }
  const transportSockets = [{ name: 'tls', criteria: {}, tls, proxyHeader: null }]
  harness.engine.setCluster(cluster('peer', [endpoint(port)], { transportSockets }))
  return harness.listen(listener('near', [chain(manager(to('peer'), { statPrefix: 'near', upgrades: ['websocket'] }))]))
}

test('requests of many connections share one, and the application sees HTTP/1.1', async () => {
  const seen: string[] = []
  let arrived = 0
  const held: (() => void)[] = []
  const entry = await nearProxy(
    await farProxy((request, response) => {
      seen.push(`${request.httpVersion} ${request.headers.host ?? ''} ${request.url ?? ''}`)
      held.push(() => response.end('done'))
      // All are under way at once before the first is answered.
      if (++arrived === 20) for (const answer of held) answer()
    }),
  )
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => get(entry, { path: `/${i}`, headers: { host: 'b.test' } })))
  expect(answers.map(answer => answer.body)).toEqual(Array.from({ length: 20 }, () => 'done'))
  expect(seen.toSorted()).toEqual(Array.from({ length: 20 }, (_, i) => `1.1 b.test /${i}`).toSorted())
  expect(harness.counter('cluster.peer.upstream_cx_total')).toBe(1)
  expect(harness.counter('cluster.peer.upstream_cx_http2_total')).toBe(1)
  expect(harness.counter('http.far.downstream_rq_http1_total')).toBe(20)
})

test('bodies, trailers of unknown length and statuses arrive as over HTTP/1.1', async () => {
  const entry = await nearProxy(
    await farProxy((request, response) => {
      let bytes = 0
      request.on('data', (part: Buffer) => (bytes += part.length))
      request.on('end', () => {
        response.writeHead(418, {
          'x-length': request.headers['content-length'] ?? 'none',
          'x-coding': request.headers['transfer-encoding'] ?? '',
        })
        response.end(String(bytes))
      })
    }),
  )
  const body = Buffer.alloc(300_000, 'x')
  const known = await get(entry, { method: 'POST', body, headers: { 'content-length': '300000' } })
  expect(known).toMatchObject({ status: 418, body: '300000', headers: { 'x-length': '300000' } })
  const head = 'POST / HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n'
  const chunked = await exchange(entry, [head, '3\r\nabc\r\n0\r\n\r\n'], /\r\n3\r\n|0\r\n\r\n$/)
  expect(chunked).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 418 /)
  expect(chunked).toMatch(/x-coding: chunked/)
})

test('an upgrade gets a connection of its own', async () => {
  const entry = await nearProxy(await farProxy(() => undefined))
  const app = await harness.tcpServer(socket => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhi')
      socket.on('data', part => socket.write(`<${part.toString()}>`))
    })
  })
  harness.engine.setCluster(cluster('app', [endpoint(app)], { protocol: 'use-downstream' }))
  const head = 'GET /chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
  expect(await exchange(entry, [head], /hi$/)).toMatch(/^HTTP\/1.1 101 [^]*\r\n\r\nhi$/)
  expect(harness.counter('cluster.peer.upstream_cx_http2_total')).toBe(0)
})

test('with a proxy that does not know the tunnel it is HTTP/1.1', async () => {
  const agent = new Agent({ keepAlive: true })
  const entry = await nearProxy(await farProxy((request, response) => response.end(request.httpVersion), ['h2', 'http/1.1', 'istio']))
  expect(await get(entry, { agent })).toMatchObject({ status: 200, body: '1.1' })
  expect(await get(entry, { agent })).toMatchObject({ status: 200, body: '1.1' })
  agent.destroy()
  expect(harness.counter('cluster.peer.upstream_cx_http1_total')).toBe(1)
  expect(harness.counter('cluster.peer.upstream_cx_http2_total')).toBe(0)
})

test('when another proxy takes the place of ours, the pool finds out what that one speaks', async () => {
  const first = await farProxy((_request, response) => response.end('ours'))
  const entry = await nearProxy(first)
  expect((await get(entry)).body).toBe('ours')
  harness.engine.removeListener('far')
  const other = createTlsHttp({ cert: far.certificateChainPem, key: far.privateKeyPem, ALPNProtocols: ['istio'] }, (_request, response) =>
    response.end('another'),
  )
  await new Promise<void>(resolve => other.listen(first, '127.0.0.1', resolve))
  const answers: (number | string)[] = []
  // The first may still find the old connection.
  for (let i = 0; i < 3; i++) answers.push((await get(entry)).body)
  other.closeAllConnections()
  other.close()
  expect(answers.slice(1)).toEqual(['another', 'another'])
})
