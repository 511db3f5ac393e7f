import { Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { dataTransport, fileDescriptorOf } from '../net/open-transport.ts'
import { openSockets } from '../net/open-sockets.ts'
import { SocketRead } from '../net/socket-read.ts'
import { keepAlive } from '../net/tcp-keep-alive.ts'
import { Transport, type TransportHandler } from '../net/transport.ts'
import { tlsErrorText } from '../tls/failure-text.ts'
import type { ClientTlsContext, Speaks } from '../tls/client-context.ts'
import { dial, targetOf } from './dial.ts'
import type { Host } from './host.ts'
import type { UpstreamSocket } from './upstream-socket.ts'

/** Told how an attempt to connect ended: exactly one of the two. */
export interface ConnectHandler extends TransportHandler {
  onConnected(): void
  onConnectFailed(reason: string): void
}

/**
 * Begins to connect to a host. The transport exists at once, so that the attempt can be given up with `destroy()`;
 * after a failure its `onClosed` is called too. null: the TLS secrets are missing; nothing was begun.
 * `speaks`: what the connection is for, and so what ALPN offers.
 */
export function connectTo(host: Host, via: UpstreamSocket | null, handler: ConnectHandler, speaks: Speaks = 'opaque'): Transport | null {
  if (openSockets.exhausted) return refuseToConnect(handler)
  const preface = via?.preface ?? null
  if (via !== null && via.tls !== null) return connectSecured(host, via.tls, via, handler, speaks)
  const read = new SocketRead()
  const how = { allowHalfOpen: true, noDelay: true, onread: read.onread } as const
  const socket = dial(host, via?.from ?? null, how)
  if (preface !== null) socket.write(preface)
  openSockets.countUpstream(socket)
  keepAliveWhenConnected(socket, host)
  const transport = new Transport(socket, handler, read)
  const outcome = new ConnectOutcome(socket, handler)
  socket.once('connect', () => outcome.succeed())
  return transport
}

/** A descriptor exists once there is a connection. */
function keepAliveWhenConnected(socket: Socket, { context }: Host): void {
  const wanted = context?.config.tcpKeepAlive ?? null
  if (wanted === null) return
  socket.once('connect', () => {
    if (!keepAlive(fileDescriptorOf(socket), wanted)) socket.setKeepAlive(true, (wanted.idleS ?? 0) * 1000)
  })
}

/** As the system would, if there were no descriptor left for it. */
function refuseToConnect(handler: ConnectHandler): Transport {
  const socket = new Socket()
  socket.once('close', () => handler.onConnectFailed(NO_DESCRIPTORS))
  const transport = new Transport(socket, handler, null)
  socket.destroy()
  return transport
}

function connectSecured(host: Host, tls: ClientTlsContext, via: UpstreamSocket, handler: ConnectHandler, speaks: Speaks): Transport | null {
  const { names, preface, from } = via
  const options = tls.options(names, speaks)
  if (options === null) return null
  const way = preface === null && from === null ? targetOf(host) : { socket: dialBeforeTls(host, via) }
  const all: ConnectionOptions & { allowHalfOpen: boolean } = { ...way, ...options, allowHalfOpen: true }
  const socket = connectTls(all)
  socket.setNoDelay(true)
  if ('socket' in way) way.socket.once('error', error => socket.destroy(error))
  openSockets.countUpstream(socket)
  keepAliveWhenConnected('socket' in way ? way.socket : socket, host)
  const transport = dataTransport(socket, handler)
  const outcome = new ConnectOutcome(socket, handler)
  socket.once('error', error => tls.stats.broke(error))
  socket.once('secureConnect', () => {
    const problem = tls.problem(socket, names)
    tls.stats.ended(socket, problem)
    if (problem === null) {
      outcome.succeed()
      return
    }
    outcome.fail(problem.text)
    socket.destroy()
  })
  return transport
}

/** What is written before the connection stands goes before the handshake. */
function dialBeforeTls(host: Host, { preface, from }: UpstreamSocket): Socket {
  const socket = dial(host, from, { allowHalfOpen: true, noDelay: true })
  if (preface !== null) socket.write(preface)
  return socket
}

/** Tells the handler once how an attempt ended. */
class ConnectOutcome {
  private readonly handler: ConnectHandler
  private settled = false

  constructor(socket: Socket, handler: ConnectHandler) {
    this.handler = handler
    socket.once('error', (error: NodeJS.ErrnoException) => this.fail(failureText(error)))
    // A TLS peer that closes in the middle of the handshake causes no error on some paths.
    socket.once('close', () => this.fail(''))
  }

  succeed(): void {
    if (this.settled) return
    this.settled = true
    this.handler.onConnected()
  }

  fail(reason: string): void {
    if (this.settled) return
    this.settled = true
    this.handler.onConnectFailed(reason)
  }
}

const NO_DESCRIPTORS = 'immediate connect error: Too many open files'

/** Envoy's words for what people see most; OpenSSL's for the rest. */
function failureText(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'delayed connect error: Connection refused'
    case 'EHOSTUNREACH':
      return 'immediate connect error: No route to host'
    case 'ENETUNREACH':
      return 'immediate connect error: Network is unreachable'
    case 'EPERM':
      return `immediate connect error: Operation not permitted, ${error.message}`
    case 'EMFILE':
    case 'ENFILE':
      return NO_DESCRIPTORS
    case 'ENOENT':
      return 'immediate connect error: No such file or directory'
    default:
      // A peer that leaves during the handshake says no reason.
      return 'reason' in error || error.code?.startsWith('ERR_SSL') === true ? tlsErrorText(error) : ''
  }
}
