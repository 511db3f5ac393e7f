import {
  connect,
  type ClientHttp2Session,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { HttpConnectionManagerConfig } from '../model/listener.ts'
import { chain, cluster, endpoint, listener, manager, route, routeAction, routeTable, virtualHost } from './testdata/configs.ts'
import { get, Harness } from './testdata/harness.ts'

let harness: Harness
const closers: (() => void)[] = []

beforeEach(() => {
  harness = new Harness()
})

afterEach(async () => {
  for (const close of closers.splice(0)) close()
  await harness.close()
})

interface Answer {
  readonly headers: IncomingHttpHeaders
  readonly trailers: IncomingHttpHeaders
  readonly body: string
}

function http2Server(
  handler: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
): Promise<{ port: number; server: Http2Server; sessions: () => number }> {
  let sessions = 0
  const server = createServer()
  server.on('session', session => {
    sessions++
    closers.push(() => session.destroy())
  })
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on('error', () => undefined)
    handler(stream, headers)
  })
  closers.push(() => server.close())
  return new Promise(resolve =>
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve({ port: typeof address === 'object' && address !== null ? address.port : 0, server, sessions: () => sessions })
    }),
  )
}

function client(port: number): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${port}`)
  session.on('error', () => undefined)
  closers.push(() => session.destroy())
  return session
}

function ask(session: ClientHttp2Session, headers: Record<string, string>, body: Buffer | null = null): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stream = session.request(headers, { endStream: body === null })
    const parts: Buffer[] = []
    let head: IncomingHttpHeaders = {}
    let trailers: IncomingHttpHeaders = {}
    stream.on('response', found => (head = found))
    stream.on('trailers', found => (trailers = found))
    stream.on('data', (part: Buffer) => parts.push(part))
    stream.on('error', reject)
    stream.on('end', () => resolve({ headers: head, trailers, body: Buffer.concat(parts).toString('latin1') }))
    if (body !== null) stream.end(body)
  })
}

async function proxyTo(port: number, protocol: 'http1' | 'http2', over: Partial<HttpConnectionManagerConfig> = {}): Promise<number> {
  harness.engine.setCluster(cluster('a', [endpoint(port)], { protocol }))
  const table = routeTable('r', [virtualHost(['*'], [route('/', routeAction([['a', 1]]))])])
  return harness.listen(listener('in', [chain(manager({ kind: 'inline', table }, over))]))
}

test('many requests of one client share one connection to the host', async () => {
  const upstream = await http2Server((stream, headers) => {
    stream.respond({ ':status': 200 })
    stream.end(String(headers[':path']))
  })
  const session = client(await proxyTo(upstream.port, 'http2'))
  const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => ask(session, { ':path': `/${i}` })))
  expect(answers.map(({ body }) => body)).toEqual(Array.from({ length: 50 }, (_, i) => `/${i}`))
  expect(upstream.sessions()).toBeLessThanOrEqual(2)
})

test('bodies larger than every window pass in both directions', async () => {
  const upstream = await http2Server(stream => {
    stream.respond({ ':status': 200 })
    stream.pipe(stream)
  })
  const session = client(await proxyTo(upstream.port, 'http2'))
  const body = Buffer.alloc(3_000_000, 'x0123456789')
  const answer = await ask(session, { ':method': 'POST', ':path': '/' }, body)
  expect(answer.body === body.toString('latin1')).toBe(true)
})

test('HTTP/1.1 reaches HTTP/2 with host as authority, and comes back', async () => {
  const upstream = await http2Server((stream, headers) => {
    stream.respond({ ':status': 201, 'x-authority': String(headers[':authority']), 'x-host': String(headers['host']) })
    stream.pipe(stream)
  })
  const port = await proxyTo(upstream.port, 'http2')
  const answer = await get(port, { method: 'POST', headers: { host: 'h.test' }, body: 'abc' })
  expect(answer.status).toBe(201)
  expect(answer.body).toBe('abc')
  expect(answer.headers['x-authority']).toBe('h.test')
  expect(answer.headers['x-host']).toBe('undefined')
})

test('a stream that the client resets is reset at the host', async () => {
  const closed = Promise.withResolvers<number>()
  const begun = Promise.withResolvers<void>()
  const upstream = await http2Server(stream => {
    begun.resolve()
    stream.on('close', () => closed.resolve(stream.rstCode))
  })
  const session = client(await proxyTo(upstream.port, 'http2'))
  const stream = session.request({ ':path': '/' })
  stream.on('error', () => undefined)
  await begun.promise
  stream.close(8)
  expect(await closed.promise).toBe(8)
})

test('a GOAWAY of the host moves new requests to a new connection', async () => {
  let served = 0
  const upstream = await http2Server(stream => {
    stream.respond({ ':status': 200 })
    stream.end('ok')
    if (++served === 1) stream.session?.close()
  })
  const session = client(await proxyTo(upstream.port, 'http2'))
  expect((await ask(session, { ':path': '/' })).body).toBe('ok')
  await new Promise(resolve => setTimeout(resolve, 50))
  expect((await ask(session, { ':path': '/' })).body).toBe('ok')
  expect(upstream.sessions()).toBe(2)
})

test('our own answer to a gRPC request is one head', async () => {
  const session = client(await proxyTo(1, 'http2'))
  const answer = await ask(session, { ':method': 'POST', ':path': '/s/M', 'content-type': 'application/grpc' }, Buffer.alloc(5))
  expect(answer.headers[':status']).toBe(200)
  expect(answer.headers['grpc-status']).toBe('14')
  expect(answer.body).toBe('')
})

test('an old connection is asked to leave by two GOAWAYs and ends', async () => {
  const upstream = await http2Server(stream => {
    stream.respond({ ':status': 200 })
    stream.end('ok')
  })
  const session = client(await proxyTo(upstream.port, 'http2', { maxConnectionDurationMs: 100, drainTimeoutMs: 50 }))
  const codes: number[] = []
  session.on('goaway', code => codes.push(code))
  const gone = new Promise(resolve => session.on('close', resolve))
  expect((await ask(session, { ':path': '/' })).body).toBe('ok')
  await gone
  expect(codes.every(code => code === 0)).toBe(true)
  expect(codes.length).toBeGreaterThan(0)
})
