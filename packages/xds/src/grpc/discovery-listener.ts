import type { Http2SecureServer, Http2Server, IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import { createSecureServer, createServer } from 'node:http2'
import { DEFAULT_CIPHERS, TLSSocket } from 'node:tls'
import { formatSocketAddress, type SocketAddress } from '@meshwork/core/ids'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Result } from '@meshwork/core/result'
import { listenFailure } from '@meshwork/core/serve'
import type { Clock, Timer } from '@meshwork/core/time'
import { status } from '@grpc/grpc-js'
import { type StreamPeer, UNPROVED_PEER } from '../server/peer.ts'
import type { XdsServer } from '../server/server.ts'
import { DiscoveryCall, type DiscoveryCallOptions, failureHeaders } from './discovery-call.ts'
import { DISCOVERY_METHODS } from './discovery-methods.ts'
import { RequestFrames } from './request-frames.ts'
import { ResponseFrames } from './response-frames.ts'
import { SendBudget } from './send-budget.ts'

/** PEM texts of a server's TLS. */
export interface ListenerTls {
  readonly certificateChain: string
  readonly privateKey: string
  /** Authorities whose client certificates count. A client without one may come, and has to prove itself otherwise. */
  readonly clientRoots: string
}

/** What is known of a client before its first request. */
export interface ClientCredentials {
  /** DER of a certificate that one of `clientRoots` vouches for. */
  readonly certificate: Uint8Array | null
  /** `authorization: Bearer …` of the call. */
  readonly bearerToken: string | null
  readonly address: string
}

export interface DiscoveryListenerOptions {
  readonly name: string
  readonly xds: XdsServer
  readonly addresses: readonly SocketAddress[]
  /** The flag that chooses the addresses, for whoever reads that one of them is taken. */
  readonly flag: string
  /** null: plain text. */
  readonly tls: ListenerTls | null
  /** Says who a client is; an error refuses the call with UNAUTHENTICATED. Default: nobody is asked. */
  readonly authenticate?: (credentials: ClientCredentials) => Promise<Result<StreamPeer, string>>
  /** `control_plane.identifier` of every response: who answered, for people who debug. */
  readonly identifier: string
  readonly clock: Clock
  /** How long a client may leave a response unread, in milliseconds. Default 20,000. */
  readonly sendTimeoutMs?: number
  readonly sendTimedOut?: () => void
  /** Time between pings, in milliseconds; a connection that leaves one unanswered until the next is closed. Default 30,000. */
  readonly keepaliveMs?: number
  /** How long clients may take to leave when the listener closes, in milliseconds. Default 500. */
  readonly graceMs?: number
}

const SEND_TIMEOUT_MS = 20_000
const KEEPALIVE_MS = 30_000
const GRACE_MS = 500
/** Nobody needs more: one aggregated stream, or one for each type. */
const STREAMS_PER_CONNECTION = 64
/** AES with 128 bits first: as safe for what lives days, and a quarter cheaper (NIST SP 800-57, part 1, table 2). */
const CIPHERS = `TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384:${DEFAULT_CIPHERS}`
/** In megabytes. What waits for a slow reader is bounded by what one response of each type needs. */
const SESSION_MEMORY_MB = 512

/**
 * The discovery services, aggregated and one for each type, on `node:http2`: gRPC's framing is five bytes a message, and pushing
 * through grpc-js costs twice as much CPU time (docs/decisions/0038). State: sockets and sessions.
 */
export class DiscoveryListener implements Runner {
  readonly name: string
  private readonly options: DiscoveryListenerOptions
  private readonly call: DiscoveryCallOptions
  private readonly servers: (Http2Server | Http2SecureServer)[] = []
  private readonly sessions = new Set<ServerHttp2Session>()
  private readonly unanswered = new WeakSet<ServerHttp2Session>()
  private readonly bound: number[] = []
  private keepalive: Timer | null = null

  constructor(options: DiscoveryListenerOptions) {
    this.name = options.name
    this.options = options
    this.call = {
      xds: options.xds,
      requests: new RequestFrames(),
      responses: new ResponseFrames(options.identifier),
      budget: new SendBudget({ clock: options.clock }),
      clock: options.clock,
      sendTimeoutMs: options.sendTimeoutMs ?? SEND_TIMEOUT_MS,
      sendTimedOut: options.sendTimedOut ?? (() => undefined),
    }
  }

  /** Ports in the order of the addresses, also those that the system chose; 0 for sockets in the file system. */
  get ports(): readonly number[] {
    return this.bound
  }

  async start(): Promise<void> {
    for (const address of this.options.addresses) this.bound.push(await this.listen(address))
    this.ping()
  }

  /** New connections get the new certificate; those that exist go on. */
  replaceTls(tls: ListenerTls): void {
    for (const server of this.servers) if ('setSecureContext' in server) server.setSecureContext(contextOf(tls))
  }

  /** Streams of proxies never end by themselves: end them before. */
  async close(): Promise<void> {
    this.keepalive?.cancel()
    const closed = this.servers.map(server => new Promise<void>(resolve => server.close(() => resolve())))
    for (const session of this.sessions) session.close()
    const timer = this.options.clock.after(this.options.graceMs ?? GRACE_MS, () => {
      for (const session of this.sessions) session.destroy()
    })
    await Promise.all(closed)
    timer.cancel()
  }

  private listen(address: SocketAddress): Promise<number> {
    const { tls, flag } = this.options
    const settings = { settings: { maxConcurrentStreams: STREAMS_PER_CONNECTION }, maxSessionMemory: SESSION_MEMORY_MB }
    const server =
      tls === null
        ? createServer(settings)
        : createSecureServer({ ...settings, ...contextOf(tls), requestCert: true, rejectUnauthorized: false, allowHTTP1: false })
    server.on('session', session => this.welcome(session))
    server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void this.serve(stream, headers))
    server.on('sessionError', () => undefined)
    this.servers.push(server)
    const place = address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port }
    return new Promise((resolve, reject) => {
      server.once('error', error => reject(listenFailure(error, address, flag)))
      server.listen({ ...place, backlog: 4096 }, () => {
        const at = server.address()
        resolve(typeof at === 'object' && at !== null ? at.port : 0)
      })
    })
  }

  private welcome(session: ServerHttp2Session): void {
    this.sessions.add(session)
    session.on('close', () => this.sessions.delete(session))
    session.on('error', () => undefined)
  }

  private async serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    stream.on('error', () => undefined)
    const method = DISCOVERY_METHODS.get(headers[':path'] ?? '')
    if (!(headers['content-type'] ?? '').startsWith('application/grpc')) {
      stream.respond({ ':status': 415 }, { endStream: true })
      return
    }
    if (method === undefined) {
      refuse(stream, status.UNIMPLEMENTED, `${headers[':path'] ?? ''} is not served; discovery is by streams`)
      return
    }
    const peer = await this.peerOf(stream, headers)
    if (stream.destroyed || stream.session === undefined) return
    if (peer.kind === 'err') {
      refuse(stream, status.UNAUTHENTICATED, peer.error)
      return
    }
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    void new DiscoveryCall(this.call, stream, method, peer.value)
  }

  private peerOf(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<Result<StreamPeer, string>> {
    const { socket } = stream.session ?? {}
    const { remoteAddress, remotePort } = socket ?? {}
    const address = remoteAddress === undefined ? '' : formatSocketAddress({ kind: 'tcp', host: remoteAddress, port: remotePort ?? 0 })
    const { authenticate } = this.options
    if (authenticate === undefined) return Promise.resolve({ kind: 'ok', value: { ...UNPROVED_PEER, address } })
    const verified = socket instanceof TLSSocket && socket.authorized
    const [, bearerToken = null] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? []
    return authenticate({ certificate: verified ? (socket.getPeerX509Certificate()?.raw ?? null) : null, bearerToken, address })
  }

  /** One timer for all connections, however many. */
  private ping(): void {
    const { clock, keepaliveMs = KEEPALIVE_MS } = this.options
    this.keepalive = clock.after(keepaliveMs, () => {
      for (const session of this.sessions) this.pingOne(session)
      this.ping()
    })
  }

  private pingOne(session: ServerHttp2Session): void {
    if (this.unanswered.has(session)) {
      session.destroy()
      return
    }
    this.unanswered.add(session)
    session.ping(() => this.unanswered.delete(session))
  }
}

function contextOf(tls: ListenerTls): { cert: string; key: string; ca: string; minVersion: 'TLSv1.2'; ciphers: string } {
  return { cert: tls.certificateChain, key: tls.privateKey, ca: tls.clientRoots, minVersion: 'TLSv1.2', ciphers: CIPHERS }
}

/** A response of trailers only (gRPC over HTTP/2, "Responses"). */
function refuse(stream: ServerHttp2Stream, code: number, message: string): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...failureHeaders(code, message) }, { endStream: true })
}
