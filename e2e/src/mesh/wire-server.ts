import { once } from 'node:events'
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type Server as TlsServer, type TLSSocket } from 'node:tls'

import type { TestCertificate } from '@meshwork/testkit/ca'

import { type ClientHello, holdsHello, isTls, parseClientHello } from './client-hello.ts'

/** One connection as it looked on the wire. */
export interface Arrival {
  /** null: the client began in plain text. */
  readonly hello: ClientHello | null
  /** Subject alternative names of the client's certificate, as OpenSSL writes them; empty without one. */
  client: string
  /** Requests that could be read. */
  requests: number
}

export interface WireServerOptions {
  readonly name: string
  /** What it shows to clients that speak TLS. */
  readonly certificate: TestCertificate
  /** Address of loopback. Default: 127.0.0.1. */
  readonly host?: string
}

const PROTOCOLS = ['istio-http/1.1', 'istio', 'http/1.1']

/**
 * An application that answers HTTP/1.1 requests with its name, in plain text or in TLS as the client likes, and remembers the first
 * bytes of each connection. It asks for a certificate and takes whatever comes: who to trust is the client's question.
 */
export class WireServer implements AsyncDisposable {
  readonly arrivals: Arrival[] = []
  port = 0
  private readonly sockets = new Set<Socket>()
  private readonly server: Server
  private readonly http: HttpServer
  private readonly tls: TlsServer

  private constructor({ name, certificate }: WireServerOptions) {
    this.http = createHttpServer((request, response) => {
      const arrival = this.byPort.get(request.socket.remotePort ?? 0)
      if (arrival !== undefined) arrival.requests++
      request.resume()
      response.end(name)
    })
    const { certificateChainPem: cert, privateKeyPem: key } = certificate
    const policy = { requestCert: true, rejectUnauthorized: false }
    this.tls = createTlsServer({ cert, key, ALPNProtocols: PROTOCOLS, ...policy }, socket => this.secured(socket))
    this.tls.on('tlsClientError', () => undefined)
    this.server = createServer(socket => this.accept(socket))
  }

  private readonly byPort = new Map<number, Arrival>()

  static async listen(options: WireServerOptions): Promise<WireServer> {
    const wire = new WireServer(options)
    wire.server.listen(0, options.host ?? '127.0.0.1')
    await once(wire.server, 'listening')
    const address = wire.server.address()
    wire.port = typeof address === 'object' && address !== null ? address.port : 0
    return wire
  }

  /** Requests that it could read, on all connections. */
  get requests(): number {
    return this.arrivals.reduce((sum, { requests }) => sum + requests, 0)
  }

  /** Ends all connections and forgets them: what comes next has to open one. */
  forget(): void {
    for (const socket of this.sockets) socket.destroy()
    this.arrivals.length = 0
    this.byPort.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    this.server.close()
    await once(this.server, 'close')
  }

  private accept(socket: Socket): void {
    let seen = Buffer.alloc(0)
    this.sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => this.sockets.delete(socket))
    const look = (part: Buffer): void => {
      seen = Buffer.concat([seen, part])
      if (isTls(seen) && !holdsHello(seen)) return
      socket.off('data', look)
      socket.pause()
      socket.unshift(seen)
      this.handOn(socket, seen)
    }
    socket.on('data', look)
  }

  private handOn(socket: Socket, first: Buffer): void {
    const hello = isTls(first) ? parseClientHello(first) : null
    const arrival: Arrival = { hello, client: '', requests: 0 }
    this.arrivals.push(arrival)
    this.byPort.set(socket.remotePort ?? 0, arrival)
    if (hello === null) this.http.emit('connection', socket)
    else this.tls.emit('connection', socket)
    // It was paused while it changed hands.
    process.nextTick(() => socket.resume())
  }

  private secured(socket: TLSSocket): void {
    socket.on('error', () => undefined)
    const arrival = this.byPort.get(socket.remotePort ?? 0)
    if (arrival !== undefined) arrival.client = socket.getPeerCertificate().subjectaltname ?? ''
    this.http.emit('connection', socket)
  }
}
