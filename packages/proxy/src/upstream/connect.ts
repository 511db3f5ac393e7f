import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { dataTransport, SharedRead } from '../net/read-buffer.ts'
import { Transport, type TransportHandler } from '../net/transport.ts'
import { tlsErrorText } from '../tls/failure-text.ts'
import type { ClientTlsContext } from '../tls/client-context.ts'
import type { Host } from './host.ts'

/** Told how an attempt to connect ended: exactly one of the two. */
export interface ConnectHandler extends TransportHandler {
  onConnected(): void
  onConnectFailed(reason: string): void
}

/**
 * Begins to connect to a host. The transport exists at once, so that the attempt can be given up with `destroy()`;
 * after a failure its `onClosed` is called too. null: the TLS secrets are missing; nothing was begun.
 * `alpn`: offered in place of what the configuration says.
 */
export function connectTo(
  host: Host,
  tls: ClientTlsContext | null,
  handler: ConnectHandler,
  alpn: readonly string[] = NO_ALPN,
): Transport | null {
  if (tls !== null) return connectSecured(host, tls, handler, alpn)
  const read = new SharedRead()
  const how = { allowHalfOpen: true, noDelay: true, onread: read.onread } as const
  const socket = connectPlain({ ...targetOf(host), ...how })
  const transport = new Transport(socket, handler, true)
  read.transport = transport
  const outcome = new ConnectOutcome(socket, handler)
  socket.once('connect', () => outcome.succeed())
  return transport
}

type Target = { readonly path: string } | { readonly host: string; readonly port: number; readonly localAddress?: string }

function targetOf({ endpoint: { address }, sourceAddress }: Host): Target {
  if (address.kind === 'pipe') return { path: address.path }
  return { host: address.host, port: address.port, ...(sourceAddress === null ? {} : { localAddress: sourceAddress }) }
}

const NO_ALPN: readonly string[] = []

function connectSecured(host: Host, tls: ClientTlsContext, handler: ConnectHandler, alpn: readonly string[]): Transport | null {
  const options = tls.options()
  if (options === null) return null
  const all: ConnectionOptions & { allowHalfOpen: boolean } = { ...targetOf(host), ...options, allowHalfOpen: true }
  if (alpn.length > 0) all.ALPNProtocols = [...alpn]
  const socket = connectTls(all)
  socket.setNoDelay(true)
  const transport = dataTransport(socket, handler)
  const outcome = new ConnectOutcome(socket, handler)
  socket.once('secureConnect', () => {
    const problem = tls.problem(socket)
    if (problem === null) {
      outcome.succeed()
      return
    }
    outcome.fail(problem.text)
    socket.destroy()
  })
  return transport
}

/** Tells the handler once how an attempt ended. */
class ConnectOutcome {
  private readonly handler: ConnectHandler
  private settled = false

  constructor(socket: Socket, handler: ConnectHandler) {
    this.handler = handler
    socket.once('error', (error: NodeJS.ErrnoException) => this.fail(failureText(error)))
    // A TLS peer that closes in the middle of the handshake causes no error on some paths.
    socket.once('close', () => this.fail('connection closed'))
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

/** Envoy's words for what people see most; OpenSSL's for the rest. */
function failureText(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'delayed connect error: Connection refused'
    case 'EHOSTUNREACH':
      return 'immediate connect error: No route to host'
    case 'ENETUNREACH':
      return 'immediate connect error: Network is unreachable'
    case 'ENOENT':
      return 'immediate connect error: No such file or directory'
    default:
      return tlsErrorText(error)
  }
}
