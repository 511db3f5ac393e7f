import { FRAME, frame, responseData, responseHead, scriptedHttp2Upstream, uint32 } from '@meshwork/testkit/attack'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { HttpConnectionManagerConfig } from '../model/listener.ts'
import { chain, cluster, endpoint, listener, manager, route, routeAction, routeTable, virtualHost } from './testdata/configs.ts'
import { exchange, get, Harness } from './testdata/harness.ts'

let harness: Harness
beforeEach(() => {
  harness = new Harness()
})
afterEach(() => harness.close())

/** A proxy before an HTTP/2 upstream that answers as scripted. */
async function proxyTo(answer: (stream: number) => readonly Buffer[], over: Partial<HttpConnectionManagerConfig> = {}): Promise<number> {
  const upstream = await harness.tcpServer(socket => scriptedHttp2Upstream(socket, answer))
  harness.engine.setCluster(cluster('a', [endpoint(upstream)], { protocol: 'http2' }))
  const table = routeTable('r', [virtualHost(['*'], [route('/', routeAction([['a', 1]]))])])
  return harness.listen(listener('in', [chain(manager({ kind: 'inline', table }, over))]))
}

const reset = (stream: number, code: number): Buffer => frame(FRAME.reset, 0, stream, uint32(code))

/** As recorded from Envoy 1.40. */
test.each([
  [0, 503, 'remote reset'],
  [1, 502, 'protocol error'],
  [2, 503, 'remote reset'],
  [7, 503, 'remote refused stream reset'],
  [8, 503, 'remote reset'],
  [10, 503, 'remote error with CONNECT request'],
  [11, 503, 'remote reset'],
])('a stream that is reset with code %d before an answer is a %d, %s', async (code, status, reason) => {
  const answer = await get(await proxyTo(stream => [reset(stream, code)]))
  expect([answer.status, answer.body]).toEqual([
    status,
    `upstream connect error or disconnect/reset before headers. reset reason: ${reason}`,
  ])
  expect(harness.counter('cluster.a.upstream_rq_rx_reset')).toBe(reason === 'remote reset' ? 1 : 0)
})

test.each([
  ['a status that is none', (stream: number) => [responseHead(stream, 'abc', [], true)]],
  ['a field of the connection', (stream: number) => [responseHead(stream, '200', [['connection', 'close']], true)]],
  ['data before the head', (stream: number) => [responseData(stream, 'x', true)]],
  ['a frame of the wrong size', (stream: number) => [frame(FRAME.windowUpdate, 0, stream, Buffer.alloc(3))]],
])('%s is a protocol error', async (_name, script) => {
  const answer = await get(await proxyTo(script))
  expect([answer.status, answer.body]).toEqual([
    502,
    'upstream connect error or disconnect/reset before headers. reset reason: protocol error',
  ])
})

test('a whole answer counts although NO_ERROR resets the rest of the request', async () => {
  const port = await proxyTo(stream => [responseHead(stream, '200'), responseData(stream, 'done', true), reset(stream, 0)])
  const answer = await exchange(port, ['POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc'], /done/)
  expect(answer).toMatch(/^HTTP\/1\.1 200 /)
})

test('the first interim answer reaches the client where they are asked for', async () => {
  const script = (stream: number): readonly Buffer[] => [
    responseHead(stream, '103', [['link', '</a>']]),
    responseHead(stream, '102'),
    responseHead(stream, '200', [], true),
  ]
  const request = ['GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n']
  expect(await exchange(await proxyTo(script, { proxy100Continue: true }), request)).toMatch(
    /^HTTP\/1\.1 103 Early Hints\r\nlink: <\/a>\r\n\r\nHTTP\/1\.1 200 OK\r\n/,
  )
  expect(await exchange(await proxyTo(script), request)).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
})
