import { isIP } from 'node:net'
import {
  type Address,
  type CidrRange as ProtoCidrRange,
  type SocketAddress as ProtoSocketAddress,
  SocketAddress_Protocol,
} from '@meshwork/protos/envoy/config/core/v3/address'
import type { SocketAddress } from '../model/address.ts'
import type { CidrRange } from '../model/listener.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import type { Report } from './report.ts'

const SOCKET_ADDRESS: FieldPolicy<ProtoSocketAddress> = { read: ['protocol', 'address', 'portSpecifier', 'ipv4Compat'], harmless: [] }
const NOWHERE: SocketAddress = { kind: 'tcp', host: '0.0.0.0', port: 0 }

/** A TCP address or a pipe. `allowNames`: hosts that DNS resolves. */
export function decodeAddress(address: Address | undefined, allowNames: boolean, report: Report): SocketAddress {
  const value = address?.address
  if (value?.$case === 'pipe') return { kind: 'pipe', path: value.value.path }
  if (value?.$case !== 'socketAddress') {
    report.refuse('required', value === undefined ? 'must be set' : 'must be a socket address or a pipe')
    return NOWHERE
  }
  const { protocol, address: host, portSpecifier } = value.value
  const inner = report.at('socket_address')
  refuseOtherFields(value.value, SOCKET_ADDRESS, inner)
  if (protocol !== SocketAddress_Protocol.TCP) inner.at('protocol').refuse('unsupported-protocol', 'must be TCP')
  if (host === '' || (!allowNames && isIP(host) === 0)) inner.at('address').refuse('bad-address', `'${host}' is not an IP address`)
  if (portSpecifier?.$case !== 'portValue' || portSpecifier.value > 65_535) {
    inner.at('port_value').refuse('bad-port', 'must be a port number')
    return NOWHERE
  }
  return { kind: 'tcp', host, port: portSpecifier.value, ...(value.value.ipv4Compat ? { ipv4Compat: true } : {}) }
}

export function decodeCidr(range: ProtoCidrRange, report: Report): CidrRange {
  const family = isIP(range.addressPrefix)
  const longest = family === 6 ? 128 : 32
  if (family === 0) report.at('address_prefix').refuse('bad-address', `'${range.addressPrefix}' is not an IP address`)
  const prefixLength = range.prefixLen ?? 0
  if (prefixLength > longest) report.at('prefix_len').refuse('bad-prefix-length', `must be at most ${longest}`)
  return { address: range.addressPrefix, prefixLength }
}
