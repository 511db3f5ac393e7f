import { CidrRange } from '@meshwork/protos/envoy/config/core/v3/address'

const IPV4_BITS = 32
const IPV6_BITS = 128

/** `10.1.0.0/16`; an address without length means that address alone. */
export function cidrRange(text: string): CidrRange {
  const [address = '', length] = text.split('/')
  const bits = address.includes(':') ? IPV6_BITS : IPV4_BITS
  return CidrRange.fromPartial({ addressPrefix: address, prefixLen: length === undefined ? bits : Number(length) })
}
