import { Server, ServerCredentials } from '@grpc/grpc-js'
import type { Runner } from '@meshwork/core/lifecycle'
import { grpcTarget, serveAds } from '@meshwork/xds/grpc'
import type { XdsServer } from '@meshwork/xds/server'
import { listenError } from './listen-error.ts'

/** Pings so that a proxy behind a dead network is noticed, in milliseconds. */
const KEEPALIVE_MS = 30_000
const CLOSE_GRACE_MS = 500

/** The gRPC ports of the control plane. */
export class XdsListener implements Runner {
  readonly name = 'xds'
  private readonly server: Server
  private readonly xds: XdsServer
  private readonly addresses: readonly string[]
  private readonly bound: number[] = []

  constructor(xds: XdsServer, addresses: readonly string[]) {
    this.xds = xds
    this.addresses = addresses
    this.server = new Server({ 'grpc.keepalive_time_ms': KEEPALIVE_MS, 'grpc.so_reuseport': 0 })
    serveAds(this.server, xds, { identifier: 'meshwork-pilot' })
  }

  /** Ports in the order of the addresses; 0 for sockets in the file system. */
  get ports(): readonly number[] {
    return this.bound
  }

  async start(): Promise<void> {
    for (const address of this.addresses) this.bound.push(await this.bind(address))
  }

  async close(): Promise<void> {
    this.xds.close()
    await new Promise<void>(resolve => {
      const timer = setTimeout(() => {
        this.server.forceShutdown()
        resolve()
      }, CLOSE_GRACE_MS)
      this.server.tryShutdown(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  private bind(address: string): Promise<number> {
    // Port 0 means any free one, which only a server can ask for.
    const target = address.endsWith(':0') ? address : grpcTarget(address)
    return new Promise((resolve, reject) => {
      this.server.bindAsync(target, ServerCredentials.createInsecure(), (error, port) => {
        if (error === null) resolve(address.startsWith('unix:') ? 0 : port)
        else reject(listenError('xDS', address, error))
      })
    })
  }
}
