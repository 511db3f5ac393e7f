import { createServer, type Server, type Socket } from 'node:net'
import { err, messageOf, ok, type Result } from '@meshwork/core/result'
import type { SocketAddress } from '../model/address.ts'
import { addressText } from './address.ts'
import { openBoundSocket } from './socket-options.ts'

/** How an address is listened on. */
export interface ListenOptions {
  readonly backlog: number
  /** TPROXY: connections to any address are taken. Linux with `CAP_NET_ADMIN`. */
  readonly transparent: boolean
  /** The address may be one that no interface has yet. Linux. */
  readonly freebind: boolean
}

/** Listens on one address. The error names the address and the reason, in Envoy's words where it has some. */
export function listenOn(
  address: SocketAddress,
  options: ListenOptions,
  onAccepted: (socket: Socket) => void,
): Promise<Result<Server, string>> {
  const target = targetOf(address, options)
  if (target.kind === 'err') return Promise.resolve(err(`cannot bind '${addressText(address)}': ${target.error}`))
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, onAccepted)
  return new Promise(resolve => {
    const failed = (error: NodeJS.ErrnoException): void => resolve(err(`cannot bind '${addressText(address)}': ${reasonOf(error)}`))
    server.once('error', failed)
    server.listen({ ...target.value, backlog: options.backlog }, () => {
      server.off('error', failed)
      resolve(ok(server))
    })
  })
}

type Target =
  | { readonly path: string }
  | { readonly host: string; readonly port: number; readonly ipv6Only: boolean }
  | { readonly fd: number }

function targetOf(address: SocketAddress, { transparent, freebind }: ListenOptions): Result<Target, string> {
  if (address.kind === 'pipe') return ok({ path: address.path })
  const ipv6Only = address.ipv4Compat !== true
  if (!transparent && !freebind) return ok({ host: address.host, port: address.port, ipv6Only })
  try {
    return ok({ fd: openBoundSocket(address.host, address.port, { transparent, freebind, ipv6Only }) })
  } catch (error) {
    return err(messageOf(error))
  }
}

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code === 'EADDRINUSE') return 'Address already in use'
  if (error.code === 'EACCES') return 'Permission denied'
  return error.message
}
