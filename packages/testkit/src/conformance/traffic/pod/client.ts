import { type ClientRequest, type IncomingMessage, request as http1Request } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import type { Socket } from 'node:net'

import type { RequestSpec } from '../scenario.ts'
import { headerPairs } from './header-pairs.ts'

/** What came back on the wire. Status 0: no HTTP. */
export interface Exchanged {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}

const EMPTY_GRPC_MESSAGE = Buffer.alloc(5)
const WEBSOCKET_HEADERS: readonly (readonly [string, string])[] = [
  ['connection', 'Upgrade'],
  ['upgrade', 'websocket'],
  ['sec-websocket-version', '13'],
  ['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ=='],
]

/** Sends `body`, then reads until the end. A connection that ends without a byte counts as closed. */
export async function exchangeBytes(socket: Socket, spec: RequestSpec): Promise<Exchanged> {
  const end = readToEnd(socket)
  socket.write(spec.body ?? '')
  const body = await end
  if (body === '') throw failure('closed')
  return { status: 0, headers: [], body }
}

export function exchangeHttp1(socket: Socket, spec: RequestSpec): Promise<Exchanged> {
  if (spec.proto === 'http10') return exchangeHttp10(socket, spec)
  return new Promise((resolve, reject) => {
    const request = openHttp1(socket, spec, bodyHeaders(spec))
    request.once('error', reject)
    request.once('response', response => {
      collect(response, body => resolve({ status: response.statusCode ?? 0, headers: headerPairs(response.rawHeaders), body }), reject)
    })
    request.end(spec.body)
  })
}

/** After 101 `body` goes out as raw bytes and everything until the end is read. */
export function exchangeUpgrade(socket: Socket, spec: RequestSpec): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    const request = openHttp1(socket, spec, WEBSOCKET_HEADERS)
    request.once('error', reject)
    request.once('response', response => {
      collect(response, body => resolve({ status: response.statusCode ?? 0, headers: headerPairs(response.rawHeaders), body }), reject)
    })
    request.once('upgrade', (response: IncomingMessage, upgraded: Socket, head: Buffer) => {
      const headers = headerPairs(response.rawHeaders)
      readToEnd(upgraded).then(rest => resolve({ status: 101, headers, body: head.toString('latin1') + rest }), reject)
      upgraded.write(spec.body ?? '')
    })
    request.end()
  })
}

export function exchangeHttp2(socket: Socket, spec: RequestSpec): Promise<Exchanged> {
  const scheme = spec.proto === 'h2' ? 'https' : 'http'
  return new Promise((resolve, reject) => {
    const session = connectHttp2(`${scheme}://${spec.dial}`, { createConnection: () => socket })
    session.once('error', reject)
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
    stream.once('error', reject)
    stream.once('response', (answer, _flags, raw) => {
      collect(stream, body => resolve({ status: answer[':status'] ?? 0, headers: headerPairs(raw), body }), reject)
    })
    if (body !== undefined) stream.end(body)
  })
}

async function exchangeHttp10(socket: Socket, spec: RequestSpec): Promise<Exchanged> {
  const fields = [['host', spec.host ?? ''] as const, ...requestHeaders(spec)].map(([name, value]) => `${name}: ${value}\r\n`)
  const end = readToEnd(socket)
  socket.write(`${spec.method ?? 'GET'} ${spec.path ?? '/'} HTTP/1.0\r\n${fields.join('')}\r\n${spec.body ?? ''}`)
  const text = await end
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const [statusLine = '', ...lines] = head.split('\r\n')
  if (!statusLine.startsWith('HTTP/')) throw failure('closed')
  const headers = lines.map(line => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()] as const)
  return { status: Number(statusLine.split(' ')[1]), headers, body: rest.join('\r\n\r\n') }
}

/** Host, path, method and headers go out as they are written; Node would write the method in capitals. */
function openHttp1(socket: Socket, spec: RequestSpec, extra: readonly (readonly [string, string])[]): ClientRequest {
  const request = http1Request({ createConnection: () => socket, path: spec.path ?? '/', setHost: false })
  request.method = spec.method ?? 'GET'
  request.setHeader('host', spec.host ?? '')
  for (const [name, value] of [...requestHeaders(spec), ...extra]) request.appendHeader(name, value)
  if (spec.body === undefined) request.removeHeader('content-length')
  return request
}

function bodyHeaders(spec: RequestSpec): readonly (readonly [string, string])[] {
  if (spec.body === undefined) return []
  return [['content-length', String(Buffer.byteLength(spec.body))]]
}

/** The headers of the recording, with the recorded caller's user agent unless it sets its own. */
function requestHeaders(spec: RequestSpec): readonly (readonly [string, string])[] {
  const own = [...Object.entries(spec.headers ?? {}), ...(spec.headerList ?? [])]
  const named = own.some(([name]) => name.toLowerCase() === 'user-agent')
  return named ? own : [['user-agent', 'probe'], ...own]
}

function readToEnd(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
    socket.once('end', () => resolve(text))
    socket.once('error', error => (text === '' ? reject(error) : resolve(text)))
    socket.once('close', () => resolve(text))
  })
}

function collect(stream: NodeJS.ReadableStream, done: (body: string) => void, failed: (error: Error) => void): void {
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  stream.once('end', () => done(Buffer.concat(chunks).toString('latin1')))
  stream.once('error', failed)
  stream.once('aborted', () => failed(failure('reset')))
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code })
}
