import type { Server } from 'node:http'
import type { Server as TlsServer } from 'node:https'
import type { SocketAddress } from '../ids/socket-address.ts'
import { listenFailure } from './listen-failure.ts'

type HttpServer = Server | TlsServer

/** The port in use, also when the system chose it; 0 before it listens, and for a socket in the file system. */
export function portInUse(server: HttpServer): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Resolves once the server listens. Rejects with a `MeshError` that names `flag`, by which another address is chosen. */
export function listenAt(server: HttpServer, address: SocketAddress, flag: string): Promise<void> {
  const place = address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port }
  return new Promise((resolve, reject) => {
    server.once('error', error => reject(listenFailure(error, address, flag)))
    server.listen(place, () => resolve())
  })
}

/** Ends the server with all of its connections. */
export function closeAtOnce(server: HttpServer): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
