import { afterEach, beforeEach, expect, test } from 'vitest'
import type { RouteConfig } from '../model/route.ts'
import { chain, listener, manager, route, routeTable, virtualHost } from './testdata/configs.ts'
import { exchange, Harness } from './testdata/harness.ts'

let harness: Harness

beforeEach(() => {
  harness = new Harness()
})

afterEach(() => harness.close())

/** The head of the answer to a request for `/`, without its date. */
async function head(action: RouteConfig['action'], request: string = 'GET / HTTP/1.1\r\nhost: h.test\r\n\r\n'): Promise<readonly string[]> {
  const table = routeTable('r', [virtualHost(['*'], [route('/', action)])])
  const port = await harness.listen(listener('main', [chain(manager({ kind: 'inline', table }))]))
  const answer = await exchange(port, [request], /\r\n\r\n/)
  const lines = answer.slice(0, answer.indexOf('\r\n\r\n')).split('\r\n')
  return lines.map(line => (line.startsWith('date:') ? 'date' : line))
}

test('length, type, date and server, in this order', async () => {
  expect(await head({ kind: 'direct-response', status: 200, body: 'hello' })).toEqual([
    'HTTP/1.1 200 OK',
    'content-length: 5',
    'content-type: text/plain',
    'date',
    'server: meshwork',
  ])
})

test('an answer without body tells so at the end, and its place where it is one that moved', async () => {
  expect(await head({ kind: 'direct-response', status: 301, body: '' })).toEqual([
    'HTTP/1.1 301 Moved Permanently',
    'location: http://h.test/',
    'date',
    'server: meshwork',
    'content-length: 0',
  ])
})

test('a gRPC client over HTTP/1 gets an answer that ends', async () => {
  const request = 'POST / HTTP/1.1\r\nhost: h.test\r\ncontent-type: application/grpc\r\ncontent-length: 0\r\n\r\n'
  expect(await head({ kind: 'direct-response', status: 404, body: 'gone' }, request)).toEqual([
    'HTTP/1.1 200 OK',
    'content-type: application/grpc',
    'grpc-status: 12',
    'grpc-message: gone',
    'date',
    'server: meshwork',
    'content-length: 0',
  ])
})

test('a 400 of our own is the last answer on its connection', async () => {
  expect(await head({ kind: 'direct-response', status: 400, body: 'no' })).toContain('connection: close')
})

test('an answer before the whole request is here is the last one on its connection', async () => {
  const request = 'POST / HTTP/1.1\r\nhost: h.test\r\ncontent-length: 3\r\n\r\nabc'
  expect(await head({ kind: 'direct-response', status: 200, body: 'early' }, request)).toContain('connection: close')
})

test('HEAD is told that the length is not known', async () => {
  const request = 'HEAD / HTTP/1.1\r\nhost: h.test\r\n\r\n'
  const lines = await head({ kind: 'direct-response', status: 302, body: '' }, request)
  expect(lines).toContain('transfer-encoding: chunked')
  expect(lines).not.toContain('content-length: 0')
})
