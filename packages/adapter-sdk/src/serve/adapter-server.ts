import type { SocketAddress } from '@meshwork/core/ids'
import type { Runner } from '@meshwork/core/lifecycle'
import { GrpcListener } from '@meshwork/core/serve'
import { type Clock, systemClock } from '@meshwork/core/time'
import type { Adapter } from '../adapter.ts'
import { HandlerCache } from './handler-cache.ts'
import { addHealthService } from './health-service.ts'
import { addTemplateServices } from './template-services.ts'

/** Mixer splits reports at 1 MiB; adapter configuration comes on top. */
const LARGEST_MESSAGE = 4 * 1_048_576
/** How long calls in progress may take when the process stops. */
const SHUTDOWN_MS = 2_000

/** Serves an adapter to Mixer over plaintext gRPC, with health checks. */
export class AdapterServer<Params> implements Runner {
  readonly name: string
  private readonly handlers: HandlerCache<Params>
  private readonly listener: GrpcListener

  constructor(adapter: Adapter<Params>, address: SocketAddress, clock: Clock = systemClock) {
    this.name = adapter.name
    this.handlers = new HandlerCache(adapter)
    this.listener = new GrpcListener({
      name: adapter.name,
      addresses: [address],
      flag: '--address',
      limits: { 'grpc.max_receive_message_length': LARGEST_MESSAGE },
      graceMs: SHUTDOWN_MS,
      clock,
      addServices: server => {
        addTemplateServices(server, config => this.handlers.handlerFor(config))
        addHealthService(server)
      },
    })
  }

  /** The port in use, also when the system chose it. */
  get port(): number {
    return this.listener.port
  }

  start(): Promise<void> {
    return this.listener.start()
  }

  async close(): Promise<void> {
    await this.listener.close()
    await this.handlers.close()
  }
}
