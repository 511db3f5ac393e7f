import { Server, ServerCredentials, type ServerOptions } from '@grpc/grpc-js'
import { formatSocketAddress, type SocketAddress } from '../ids/socket-address.ts'
import type { Runner } from '../lifecycle/runner.ts'
import type { Clock } from '../time/clock.ts'
import { listenFailure } from './listen-failure.ts'

export interface GrpcListenerOptions {
  readonly name: string
  /** All of them serve the same; port 0 lets the system choose. */
  readonly addresses: readonly SocketAddress[]
  /** The flag that chooses the addresses, for whoever reads that one of them is taken. */
  readonly flag: string
  /** Plaintext by default. */
  readonly credentials?: ServerCredentials
  /** Limits and keep-alive, as gRPC names its channel arguments. */
  readonly limits?: ServerOptions
  /** How long calls in progress may take when the listener closes, in milliseconds; 0 ends them at once. */
  readonly graceMs: number
  readonly clock: Clock
  /** Adds what is served; called once. */
  readonly addServices: (server: Server) => void
}

/** A gRPC server with its addresses. */
export class GrpcListener implements Runner {
  readonly name: string
  private readonly options: GrpcListenerOptions
  private readonly server: Server
  private readonly bound: number[] = []

  constructor(options: GrpcListenerOptions) {
    this.name = options.name
    this.options = options
    this.server = new Server(options.limits)
    options.addServices(this.server)
  }

  /** Ports in the order of the addresses, also those that the system chose; 0 for sockets in the file system. */
  get ports(): readonly number[] {
    return this.bound
  }

  /** The port of the first address; 0 before `start`. */
  get port(): number {
    return this.bound[0] ?? 0
  }

  async start(): Promise<void> {
    for (const address of this.options.addresses) this.bound.push(await this.bind(address))
  }

  close(): Promise<void> {
    const { clock, graceMs } = this.options
    if (graceMs === 0) {
      this.server.forceShutdown()
      return Promise.resolve()
    }
    return new Promise(resolve => {
      const timer = clock.after(graceMs, () => {
        this.server.forceShutdown()
        resolve()
      })
      this.server.tryShutdown(() => {
        timer.cancel()
        resolve()
      })
    })
  }

  private bind(address: SocketAddress): Promise<number> {
    const { credentials = ServerCredentials.createInsecure(), flag } = this.options
    return new Promise((resolve, reject) => {
      this.server.bindAsync(formatSocketAddress(address), credentials, (error, port) => {
        if (error === null) resolve(address.kind === 'unix' ? 0 : port)
        else reject(listenFailure(error, address, flag))
      })
    })
  }
}
