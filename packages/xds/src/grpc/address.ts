import { formatSocketAddress, parseSocketAddress } from '@meshwork/core/ids'
import { MeshError } from '@meshwork/core/result'

/** Checks `host:port`, `[v6]:port` or `unix:/path`, and returns it in the form that grpc-js takes. Throws ADDRESS_INVALID. */
export function grpcTarget(address: string): string {
  const parsed = parseSocketAddress(address)
  if (parsed.kind === 'ok' && (parsed.value.kind === 'unix' || parsed.value.port !== 0)) return formatSocketAddress(parsed.value)
  throw new MeshError('ADDRESS_INVALID', `'${address}' is not an address`, { nextStep: 'write host:port or unix:/path' })
}
