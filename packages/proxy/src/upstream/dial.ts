import { connect, isIPv6, Socket, type SocketConstructorOpts } from 'node:net'
import { messageOf } from '@meshwork/core/result'
import { openBoundSocket } from '../net/socket-options.ts'
import type { Host } from './host.ts'
import type { BorrowedSource } from './upstream-socket.ts'

type Target = { readonly path: string } | { readonly host: string; readonly port: number; readonly localAddress?: string }

export type DialOptions = SocketConstructorOpts & { readonly noDelay: true }

/** Where `net.connect` has to go. */
export function targetOf({ endpoint: { address }, sourceAddress }: Host): Target {
  if (address.kind === 'pipe') return { path: address.path }
  return { host: address.host, port: address.port, ...(sourceAddress === null ? {} : { localAddress: sourceAddress }) }
}

/** Begins to connect to a host. What cannot even begin is an error of the socket, as any other failure. */
export function dial(host: Host, from: BorrowedSource | null, options: DialOptions): Socket {
  const { address } = host.endpoint
  // A client that speaks another version of IP has no address that could be borrowed.
  if (from === null || address.kind === 'pipe' || isIPv6(from.host) !== isIPv6(address.host)) {
    return connect({ ...targetOf(host), ...options })
  }
  try {
    const fd = openBoundSocket(from.host, 0, { transparent: true, freebind: false, ipv6Only: false, mark: from.mark })
    return new Socket({ ...options, fd }).connect({ host: address.host, port: address.port })
  } catch (error) {
    const failure = Object.assign(new Error(`from ${from.host}: ${messageOf(error)}`), { code: 'EPERM' })
    return new Socket(options).destroy(failure)
  }
}
