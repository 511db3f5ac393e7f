import { parseSocketAddress, type SocketAddress } from '@meshwork/core/ids'
import { InvalidArgumentError } from 'commander'

/** For commander: reads `host:port` or `unix:/path`. */
export function addressFlag(text: string): SocketAddress {
  const address = parseSocketAddress(text)
  if (address.kind === 'err') throw new InvalidArgumentError(address.error)
  return address.value
}
