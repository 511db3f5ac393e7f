import { formatSocketAddress, type SocketAddress } from '@meshwork/core/ids'
import { MeshError } from '@meshwork/core/result'

/** Says why nothing listens on `address`, and which flag chooses another one. */
export function listenFailure(error: Error, address: SocketAddress, flag: string): MeshError {
  const place = formatSocketAddress(address)
  if (error.message.includes('EADDRINUSE')) {
    return new MeshError('PORT_IN_USE', `${place} is in use by another process`, {
      source: 'config',
      cause: error,
      nextStep: `stop the process that listens on ${place}, or choose another address with ${flag}`,
    })
  }
  return new MeshError('LISTEN_FAILED', `cannot listen on ${place}: ${error.message}`, {
    source: 'config',
    cause: error,
    nextStep: `choose another address with ${flag}`,
  })
}
