import { createServer as createHttp1 } from 'node:http'
import { createServer as createHttp2, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { createServer as createTcp, type Server, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { createServer as createTls } from 'node:tls'

import { type EchoStep, parseEchoSet, parseEchoStep, planStep } from './echo-step.ts'
import { type Exchange, http1Head, Http1Exchange, Http2Exchange, type Received } from './exchange.ts'
import { headerValue } from './header-pairs.ts'
import type { Note, ServedEndpoint } from './messages.ts'

/** What servers tell the runner, and what they ask it. */
export interface EchoHost {
  note(note: Note): void
  /** How many requests with this key came before, over all endpoints together. */
  planIndex(key: string): Promise<number>
}

const HTTP2_PREFACE = 'PRI * HTTP/2.0'

/** Opens every port of one endpoint. */
export async function serveEndpoint(endpoint: ServedEndpoint, host: EchoHost): Promise<AsyncDisposable> {
  const servers = new AsyncDisposableStack()
  if (endpoint.spec.behaviour?.down === true) return servers
  const ports = new Map(endpoint.spec.listens.map(listen => [listen.port, listen.proto]))
  for (const [port, proto] of ports) {
    const server = new EchoPort(endpoint, port, host).server(proto)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, endpoint.bindAddress, resolve)
    })
    servers.defer(() => void server.close())
  }
  return servers
}

/** One port of an endpoint: answers as the recordings' README says and notes what it receives. */
class EchoPort {
  private readonly endpoint: ServedEndpoint
  private readonly port: number
  private readonly host: EchoHost
  private readonly http1 = createHttp1((request, response) => void this.answer(new Http1Exchange(request, response)))
  private readonly http2 = createHttp2()

  constructor(endpoint: ServedEndpoint, port: number, host: EchoHost) {
    this.endpoint = endpoint
    this.port = port
    this.host = host
    this.http2.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, raw: string[]) => {
      void this.answer(new Http2Exchange(stream, headers, raw))
    })
    this.http2.on('sessionError', () => undefined)
    this.http1.on('upgrade', (request, socket, head) => {
      this.note(http1Head(request))
      socket.on('error', () => undefined)
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n')
      const reply = (bytes: Buffer): void => void socket.end(this.got(bytes))
      if (head.length > 0) reply(head)
      else socket.once('data', reply)
    })
  }

  server(proto: string): Server {
    if (proto === 'tcp') return createTcp(socket => this.answerBytes(socket))
    if (proto !== 'https' && proto !== 'tls') return createTcp(socket => this.sniff(socket))
    const own = this.endpoint.certificate
    const identity = own === null ? {} : { cert: own.certificate, key: own.key }
    const server = createTls({ ...identity, ALPNProtocols: ['h2', 'http/1.1'] }, socket => this.sniff(socket))
    server.on('tlsClientError', () => undefined)
    return server
  }

  private sniff(socket: Socket): void {
    socket.on('error', () => undefined)
    socket.once('data', (first: Buffer) => {
      socket.pause()
      socket.unshift(first)
      const isHttp2 = first.toString('latin1').startsWith(HTTP2_PREFACE.slice(0, first.length))
      // An HTTP/2 session reads from the socket's handle by itself; what was read ahead it finds in the socket's buffer.
      if (isHttp2) {
        this.http2.emit('connection', socket)
        return
      }
      this.http1.emit('connection', socket)
      socket.resume()
    })
  }

  private answerBytes(socket: Socket): void {
    socket.on('error', () => undefined)
    socket.once('data', (bytes: Buffer) => {
      this.note({ protocol: 'tcp', method: '', path: '', host: '', sni: '', headers: [], body: bytes.toString('latin1') })
      socket.end(this.got(bytes))
    })
  }

  private got(bytes: Buffer): string {
    return `${this.endpoint.spec.name} got ${bytes.toString('latin1')}`
  }

  private async answer(exchange: Exchange): Promise<void> {
    try {
      const received = await exchange.received()
      this.note(received)
      const step = await this.stepFor(received)
      if (step.delayMs > 0) await delay(step.delayMs)
      this.perform(step, received, exchange)
    } catch {
      // The caller went away; there is nobody left to answer.
      exchange.cut()
    }
  }

  private note(received: Received): void {
    this.host.note({ endpoint: this.endpoint.spec.name, port: this.port, ...received })
  }

  private async stepFor(received: Received): Promise<EchoStep> {
    const fixed = this.endpoint.spec.behaviour
    const plan = headerValue(received.headers, 'x-echo-plan')
    const single = headerValue(received.headers, 'x-echo')
    if (plan !== '') return planStep(plan, await this.host.planIndex(headerValue(received.headers, 'x-echo-key')))
    if (single !== '') return parseEchoStep(single)
    return { kind: 'answer', status: fixed?.status ?? 200, delayMs: fixed?.delayMs ?? 0 }
  }

  private perform(step: EchoStep, received: Received, exchange: Exchange): void {
    const name = this.endpoint.spec.name
    const extra = parseEchoSet(headerValue(received.headers, 'x-echo-set'))
    const isGrpc = headerValue(received.headers, 'content-type').startsWith('application/grpc')
    if (step.kind === 'reset') exchange.cut()
    else if (step.kind === 'grpc') exchange.respondGrpc(step.grpcStatus, [...extra, ['x-endpoint', name]])
    else if (isGrpc && step.status === 200) exchange.respondGrpc(0, [...extra, ['x-endpoint', name]])
    else exchange.respond(step.status, [['content-type', 'application/json'], ...extra], this.describe(received))
  }

  private describe(received: Received): string {
    return JSON.stringify({
      endpoint: this.endpoint.spec.name,
      ...received,
      headers: Object.fromEntries(received.headers),
      port: this.port,
    })
  }
}
