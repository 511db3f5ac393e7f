import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { chain, cluster, endpoint, listener, manager, route, routeAction, routeTable, virtualHost } from './testdata/configs.ts'
import { exchange, get, Harness } from './testdata/harness.ts'

let harness: Harness

beforeEach(() => {
  harness = new Harness()
})

afterEach(() => harness.close())

const ANSWERED = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'

/** `/slow` is never answered. */
async function proxy(): Promise<number> {
  const { port } = await harness.httpServer((request, response) => {
    if (request.url !== '/slow') response.end('ok')
  })
  harness.engine.setCluster(cluster('a', [endpoint(port)]))
  const table = routeTable('r', [virtualHost(['*'], [route('/', routeAction([['a', 1]]))])])
  return harness.listen(listener('main', [chain(manager({ kind: 'inline', table }, { statPrefix: 'in' }))]))
}

const ends = (...names: readonly string[]): readonly number[] => names.map(name => harness.counter(`http.in.downstream_cx_destroy${name}`))

test('responses count for the listener too', async () => {
  const port = await proxy()
  await get(port)
  expect(harness.counter('listener.127.0.0.1_0.http.in.downstream_rq_2xx')).toBe(1)
  expect(harness.counter('listener.127.0.0.1_0.http.in.downstream_rq_completed')).toBe(1)
})

test('who ended a connection, and whether it was at work', async () => {
  const port = await proxy()
  // The client asks to close: the proxy does.
  await exchange(port, ['GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'])
  await vi.waitFor(() => expect(ends('', '_local', '_remote', '_active_rq')).toEqual([1, 1, 0, 0]))
  // The client leaves after its answer.
  await exchange(port, [ANSWERED], /ok$/)
  await vi.waitFor(() => expect(ends('', '_local', '_remote', '_active_rq')).toEqual([2, 1, 1, 0]))
  // The client leaves while it waits.
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write('GET /slow HTTP/1.1\r\nhost: a\r\n\r\n')
  await vi.waitFor(() => expect(harness.counter('cluster.a.upstream_rq_active')).toBe(1))
  socket.resetAndDestroy()
  await vi.waitFor(() => expect(ends('', '_remote', '_active_rq', '_remote_active_rq')).toEqual([3, 2, 1, 1]))
})

test('who ended a connection to an upstream', async () => {
  const sockets = new Set<Socket>()
  const upstream = await harness.tcpServer(socket => {
    sockets.add(socket)
    socket.on('data', bytes => {
      if (String(bytes).startsWith('GET /cut')) socket.destroy()
      else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
    })
  })
  harness.engine.setCluster(cluster('a', [endpoint(upstream)]))
  const table = routeTable('r', [virtualHost(['*'], [route('/', routeAction([['a', 1]]))])])
  const port = await harness.listen(listener('main', [chain(manager({ kind: 'inline', table }))]))
  const counts = (...names: readonly string[]): readonly number[] =>
    names.map(name => harness.counter(`cluster.a.upstream_cx_destroy${name}`))
  expect((await get(port)).status).toBe(200)
  for (const socket of sockets) socket.end()
  await vi.waitFor(() => expect(counts('', '_remote', '_local', '_with_active_rq')).toEqual([1, 1, 0, 0]))
  expect((await get(port, { path: '/cut' })).status).toBe(503)
  expect(counts('', '_remote', '_with_active_rq', '_remote_with_active_rq')).toEqual([2, 2, 1, 1])
  expect((await get(port)).status).toBe(200)
  harness.engine.removeCluster('a')
  await vi.waitFor(() => expect(counts('', '_local', '_with_active_rq')).toEqual([3, 1, 1]))
})
