import type { SocketAddress } from '@meshwork/core/ids'
import { GrpcListener } from '@meshwork/core/serve'
import type { Clock } from '@meshwork/core/time'
import { MixerService as MixerServiceDefinition, type MixerServer } from '@meshwork/protos/istio/mixer/v1/service'

/** Limits of 1.0's server (mixer.md 9.1). */
const LARGEST_MESSAGE = 1_048_576
const MOST_STREAMS = 1024
/** How long calls in progress may take when the process stops. */
const SHUTDOWN_MS = 2_000

/** Check and Report over plaintext gRPC. */
export function grpcEndpoint(address: SocketAddress, handlers: MixerServer, clock: Clock): GrpcListener {
  return new GrpcListener({
    name: 'grpc',
    addresses: [address],
    flag: '--address',
    limits: { 'grpc.max_receive_message_length': LARGEST_MESSAGE, 'grpc.max_concurrent_streams': MOST_STREAMS },
    graceMs: SHUTDOWN_MS,
    clock,
    addServices: server => server.addService(MixerServiceDefinition, handlers),
  })
}
