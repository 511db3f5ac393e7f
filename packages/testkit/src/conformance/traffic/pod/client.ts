import { connect as connectHttp2 } from 'node:http2'
import type { Socket } from 'node:net'

import type { RequestSpec } from '../scenario.ts'
import { headerPairs } from './header-pairs.ts'
import { type Exchanged, readHttp1 } from './read-http1.ts'

const EMPTY_GRPC_MESSAGE = Buffer.alloc(5)
const WEBSOCKET_HEADERS: readonly (readonly [string, string])[] = [
  ['connection', 'Upgrade'],
  ['upgrade', 'websocket'],
  ['sec-websocket-version', '13'],
  ['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ=='],
]

/** Sends `body`, then reads until the end. A connection that ends without a byte counts as closed. */
export function exchangeBytes(socket: Socket, spec: RequestSpec): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    let body = ''
    const done = (error: Error): void => (body === '' ? reject(error) : resolve({ status: 0, headers: [], body }))
    socket.on('data', (chunk: Buffer) => (body += chunk.toString('latin1')))
    socket.once('end', () => done(failure('closed')))
    socket.on('error', done)
    socket.once('close', () => done(failure('closed')))
    socket.write(spec.body ?? '')
  })
}

/** Written byte by byte as the recording has it: some requests are not valid, and no library would send them. */
export function exchangeHttp1(socket: Socket, spec: RequestSpec): Promise<Exchanged> {
  const answer = readHttp1(socket, spec.method ?? 'GET')
  const version = spec.proto === 'http10' ? '1.0' : '1.1'
  socket.write(requestText(spec, version, bodyHeaders(spec)) + (spec.body ?? ''), 'latin1')
  return answer
}

/** After 101 `body` goes out as raw bytes and everything until the end is read. */
export function exchangeUpgrade(socket: Socket, spec: RequestSpec): Promise<Exchanged> {
  const answer = readHttp1(socket, spec.method ?? 'GET', spec.body ?? '')
  socket.write(requestText(spec, '1.1', WEBSOCKET_HEADERS), 'latin1')
  return answer
}

export function exchangeHttp2(socket: Socket, spec: RequestSpec): Promise<Exchanged> {
  const scheme = spec.proto === 'h2' ? 'https' : 'http'
  return new Promise((resolve, reject) => {
    const session = connectHttp2(`${scheme}://${spec.dial}`, { createConnection: () => socket })
    session.on('error', reject)
    session.once('close', () => reject(failure('closed')))
    const isGrpc = spec.proto === 'grpc'
    const body = isGrpc ? EMPTY_GRPC_MESSAGE : spec.body
    const head = {
      ':method': spec.method ?? (isGrpc ? 'POST' : 'GET'),
      ':scheme': scheme,
      ':path': spec.path ?? '/',
      ':authority': spec.host ?? '',
      ...(isGrpc ? { 'content-type': 'application/grpc', te: 'trailers' } : {}),
      ...Object.fromEntries(requestHeaders(spec)),
    }
    const stream = session.request(head, { endStream: body === undefined })
    stream.on('error', reject)
    stream.once('response', (answer, _flags, raw) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.once('end', () =>
        resolve({ status: answer[':status'] ?? 0, headers: headerPairs(raw), body: Buffer.concat(chunks).toString('latin1') }),
      )
    })
    if (body !== undefined) stream.end(body)
  })
}

function requestText(spec: RequestSpec, version: string, extra: readonly (readonly [string, string])[]): string {
  const fields = [['host', spec.host ?? ''] as const, ...requestHeaders(spec), ...extra].map(([name, value]) => `${name}: ${value}\r\n`)
  return `${spec.method ?? 'GET'} ${spec.path ?? '/'} HTTP/${version}\r\n${fields.join('')}\r\n`
}

function bodyHeaders(spec: RequestSpec): readonly (readonly [string, string])[] {
  const length = Buffer.byteLength(spec.body ?? '', 'latin1')
  return length > 0 || spec.method === 'POST' || spec.method === 'PUT' ? [['content-length', String(length)]] : []
}

/** The headers of the recording, with the recorded caller's user agent unless it sets its own. */
function requestHeaders(spec: RequestSpec): readonly (readonly [string, string])[] {
  const own = [...Object.entries(spec.headers ?? {}), ...(spec.headerList ?? [])]
  const named = own.some(([name]) => name.toLowerCase() === 'user-agent')
  return named ? own : [['user-agent', 'probe'], ...own]
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code })
}
