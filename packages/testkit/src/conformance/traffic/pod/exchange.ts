import type { IncomingMessage, ServerResponse } from 'node:http'
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'

import { headerPairs, headerValue } from './header-pairs.ts'

/** What can be known of a request whatever its protocol. */
export interface Received {
  readonly protocol: string
  readonly method: string
  readonly path: string
  readonly host: string
  readonly sni: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}

/** One request at an endpoint, HTTP/1.1 or HTTP/2. */
export interface Exchange {
  /** Resolves when the request is complete. */
  received(): Promise<Received>
  respond(status: number, headers: readonly (readonly [string, string])[], body: string): void
  /** Answers a gRPC call: one empty message, or only headers when `grpcStatus` is not 0. */
  respondGrpc(grpcStatus: number, headers: readonly (readonly [string, string])[]): void
  /** Cuts the connection without an answer. */
  cut(): void
}

const EMPTY_GRPC_MESSAGE = Buffer.alloc(5)

export class Http1Exchange implements Exchange {
  private readonly request: IncomingMessage
  private readonly response: ServerResponse

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.request = request
    this.response = response
  }

  async received(): Promise<Received> {
    return { ...http1Head(this.request), body: await wholeBody(this.request) }
  }

  respond(status: number, headers: readonly (readonly [string, string])[], body: string): void {
    this.response.writeHead(status, headers.flat())
    this.response.end(body)
  }

  respondGrpc(grpcStatus: number, headers: readonly (readonly [string, string])[]): void {
    this.respond(200, [...headers, ['content-type', 'application/grpc'], ['grpc-status', String(grpcStatus)]], '')
  }

  cut(): void {
    this.request.socket.destroy()
  }
}

export class Http2Exchange implements Exchange {
  private readonly stream: ServerHttp2Stream
  private readonly headers: IncomingHttpHeaders
  private readonly raw: readonly string[]

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, raw: readonly string[]) {
    this.stream = stream
    this.headers = headers
    this.raw = raw
    stream.on('error', () => undefined)
  }

  async received(): Promise<Received> {
    const pairs = headerPairs(this.raw)
    const pseudo = (name: string): string => String(this.headers[name] ?? '')
    const body = await wholeBody(this.stream)
    const host = pseudo(':authority') || headerValue(pairs, 'host')
    const socket = this.stream.session?.socket
    return { protocol: 'HTTP/2.0', method: pseudo(':method'), path: pseudo(':path'), host, sni: sniOf(socket), headers: pairs, body }
  }

  respond(status: number, headers: readonly (readonly [string, string])[], body: string): void {
    if (this.stream.destroyed) return
    this.stream.respond({ ':status': status, ...grouped(headers) })
    this.stream.end(body)
  }

  respondGrpc(grpcStatus: number, headers: readonly (readonly [string, string])[]): void {
    if (this.stream.destroyed) return
    const head = { ':status': 200, 'content-type': 'application/grpc', ...grouped(headers) }
    if (grpcStatus !== 0) {
      this.stream.respond({ ...head, 'grpc-status': String(grpcStatus) }, { endStream: true })
      return
    }
    this.stream.respond(head, { waitForTrailers: true })
    this.stream.once('wantTrailers', () => this.stream.sendTrailers({ 'grpc-status': '0' }))
    this.stream.end(EMPTY_GRPC_MESSAGE)
  }

  cut(): void {
    this.stream.session?.destroy()
  }
}

/** The head of an HTTP/1.1 request, also of one that asks for an upgrade. */
export function http1Head(request: IncomingMessage): Received {
  const headers = headerPairs(request.rawHeaders).filter(([name]) => name !== 'host')
  const host = request.headers.host ?? ''
  const sni = sniOf(request.socket)
  return { protocol: `HTTP/${request.httpVersion}`, method: request.method ?? '', path: request.url ?? '', host, sni, headers, body: '' }
}

async function wholeBody(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString('latin1')
}

function sniOf(socket: unknown): string {
  if (typeof socket !== 'object' || socket === null || !('servername' in socket)) return ''
  return typeof socket.servername === 'string' ? socket.servername : ''
}

function grouped(headers: readonly (readonly [string, string])[]): Record<string, string[]> {
  const groups: Record<string, string[]> = {}
  for (const [name, value] of headers) (groups[name.toLowerCase()] ??= []).push(value)
  return groups
}
