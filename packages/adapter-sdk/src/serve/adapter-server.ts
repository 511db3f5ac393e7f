import { Server, ServerCredentials } from '@grpc/grpc-js'
import { formatSocketAddress, type SocketAddress } from '@meshwork/core/ids'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Adapter } from '../adapter.ts'
import { HandlerCache } from './handler-cache.ts'
import { addHealthService } from './health-service.ts'
import { listenFailure } from './listen-failure.ts'
import { addTemplateServices } from './template-services.ts'

/** Mixer splits reports at 1 MiB; adapter configuration comes on top. */
const LARGEST_MESSAGE = 4 * 1_048_576
const SHUTDOWN_MS = 2_000

/** Serves an adapter to Mixer over plaintext gRPC, with health checks. */
export class AdapterServer<Params> implements Runner {
  readonly name: string
  /** The port in use, also when the system chose it. */
  port = 0
  private readonly address: SocketAddress
  private readonly handlers: HandlerCache<Params>
  private readonly server: Server

  constructor(adapter: Adapter<Params>, address: SocketAddress) {
    this.name = adapter.name
    this.address = address
    this.handlers = new HandlerCache(adapter)
    this.server = new Server({ 'grpc.max_receive_message_length': LARGEST_MESSAGE })
    addTemplateServices(this.server, config => this.handlers.handlerFor(config))
    addHealthService(this.server)
  }

  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.bindAsync(formatSocketAddress(this.address), ServerCredentials.createInsecure(), (error, port) => {
        if (error !== null) return reject(listenFailure(error, this.address, '--address'))
        this.port = port
        return resolve()
      })
    })
  }

  async close(): Promise<void> {
    await new Promise<void>(resolve => {
      const force = setTimeout(() => this.server.forceShutdown(), SHUTDOWN_MS)
      this.server.tryShutdown(() => {
        clearTimeout(force)
        resolve()
      })
    })
    await this.handlers.close()
  }
}
