import { MeshError } from '@meshwork/core/result'
import { parsePort } from '@meshwork/core/ids'

/** Checks `host:port`, `[v6]:port` or `unix:/path`, and returns it in the form that grpc-js takes. Throws ADDRESS_INVALID. */
export function grpcTarget(address: string): string {
  if (/^unix:\/.+/.test(address)) return address
  const [, host, port] = /^(\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+):(\d+)$/.exec(address) ?? []
  if (host !== undefined && port !== undefined && parsePort(port).kind === 'ok') return `${host}:${port}`
  throw new MeshError('ADDRESS_INVALID', `'${address}' is not an address`, { nextStep: 'write host:port or unix:/path' })
}
