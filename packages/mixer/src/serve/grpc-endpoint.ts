import { Server, ServerCredentials } from '@grpc/grpc-js'
import { formatSocketAddress, type SocketAddress } from '@meshwork/core/ids'
import type { Runner } from '@meshwork/core/lifecycle'
import { MixerService as MixerServiceDefinition, type MixerServer } from '@meshwork/protos/istio/mixer/v1/service'
import { listenFailure } from './listen-failure.ts'

/** Limits of 1.0's server (mixer.md 9.1). */
const LARGEST_MESSAGE = 1_048_576
const MOST_STREAMS = 1024
/** How long calls in progress may take when the process stops. */
const SHUTDOWN_MS = 2_000

/** Check and Report over plaintext gRPC. */
export class GrpcEndpoint implements Runner {
  readonly name: string = 'grpc'
  /** The port in use, also when the system chose it. */
  port = 0
  private readonly address: SocketAddress
  private readonly server: Server

  constructor(address: SocketAddress, handlers: MixerServer) {
    this.address = address
    this.server = new Server({ 'grpc.max_receive_message_length': LARGEST_MESSAGE, 'grpc.max_concurrent_streams': MOST_STREAMS })
    this.server.addService(MixerServiceDefinition, handlers)
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

  close(): Promise<void> {
    return new Promise(resolve => {
      const force = setTimeout(() => this.server.forceShutdown(), SHUTDOWN_MS)
      this.server.tryShutdown(() => {
        clearTimeout(force)
        resolve()
      })
    })
  }
}
