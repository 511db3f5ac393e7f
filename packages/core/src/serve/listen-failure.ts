import { formatSocketAddress, type SocketAddress } from '../ids/socket-address.ts'
import { MeshError } from '../result/mesh-error.ts'

/** Says why nothing listens on `address`, and which flag (`--address`) chooses another one. */
export function listenFailure(error: Error, address: SocketAddress, flag: string): MeshError {
  const place = formatSocketAddress(address)
  // gRPC keeps the system's error in its text only.
  if (error.message.includes('EADDRINUSE')) {
    return new MeshError('PORT_IN_USE', `${place} is in use by another process`, {
      source: 'config',
      cause: error,
      nextStep: `stop the process that listens on ${place}, or choose another address with ${flag}`,
    })
  }
  const choice = address.kind === 'unix' ? 'a folder that exists and is writable' : 'another address'
  return new MeshError('LISTEN_FAILED', `cannot listen on ${place}: ${error.message}`, {
    source: 'config',
    cause: error,
    nextStep: `choose ${choice} with ${flag}`,
  })
}
