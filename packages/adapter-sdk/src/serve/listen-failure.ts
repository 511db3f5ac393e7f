import { formatSocketAddress, type SocketAddress } from '@meshwork/core/ids'
import { MeshError } from '@meshwork/core/result'

/** Says why nothing listens on `address`, and which flag chooses another one. */
export function listenFailure(error: Error, address: SocketAddress, flag: string): MeshError {
  const place = formatSocketAddress(address)
  const inUse = error.message.includes('EADDRINUSE')
  const message = inUse ? `${place} is in use by another process` : `cannot listen on ${place}: ${error.message}`
  const nextStep = inUse
    ? `stop the process that listens on ${place}, or choose another address with ${flag}`
    : `choose another address with ${flag}`
  return new MeshError(inUse ? 'PORT_IN_USE' : 'LISTEN_FAILED', message, { source: 'config', cause: error, nextStep })
}
