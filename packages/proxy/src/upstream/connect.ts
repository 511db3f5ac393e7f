import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { dataTransport, SharedRead } from '../net/read-buffer.ts'
import { Transport, type TransportHandler } from '../net/transport.ts'
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
 */
export function connectTo(host: Host, tls: ClientTlsContext | null, handler: ConnectHandler): Transport | null {
  if (tls !== null) return connectSecured(host, tls, handler)
  const read = new SharedRead()
  const how = { allowHalfOpen: true, noDelay: true, onread: read.onread } as const
  const socket = connectPlain({ ...targetOf(host), ...how })
  const transport = new Transport(socket, handler, true)
  read.transport = transport
  socket.once('connect', () => handler.onConnected())
  reportFailure(socket, handler)
  return transport
}

type Target = { readonly path: string } | { readonly host: string; readonly port: number; readonly localAddress?: string }

function targetOf({ endpoint: { address }, sourceAddress }: Host): Target {
  if (address.kind === 'pipe') return { path: address.path }
  return { host: address.host, port: address.port, ...(sourceAddress === null ? {} : { localAddress: sourceAddress }) }
}

function connectSecured(host: Host, tls: ClientTlsContext, handler: ConnectHandler): Transport | null {
  const options = tls.options()
  if (options === null) return null
  const all: ConnectionOptions & { allowHalfOpen: boolean } = { ...targetOf(host), ...options, allowHalfOpen: true }
  const socket = connectTls(all)
  socket.setNoDelay(true)
  const transport = dataTransport(socket, handler)
  socket.once('secureConnect', () => handler.onConnected())
  reportFailure(socket, handler)
  return transport
}

function reportFailure(socket: Socket, handler: ConnectHandler): void {
  let settled = false
  const settle = (): void => {
    settled = true
  }
  socket.once('connect', () => {
    if (!('encrypted' in socket)) settle()
  })
  socket.once('secureConnect', settle)
  socket.once('error', (error: NodeJS.ErrnoException) => {
    if (settled) return
    settled = true
    handler.onConnectFailed(failureText(error))
  })
  // A TLS peer that closes in the middle of the handshake causes no error on some paths.
  socket.once('close', () => {
    if (settled) return
    settled = true
    handler.onConnectFailed('connection closed')
  })
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
      return `TLS_error:|${error.code ?? ''}:${error.message}:TLS_error_end`
  }
}
