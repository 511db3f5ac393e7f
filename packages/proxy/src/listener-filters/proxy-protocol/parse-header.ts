import { isIPv4, isIPv6 } from 'node:net'
import type { ProxyTlv } from '../arriving-connection.ts'

/** Addresses of the connection that a PROXY header stands for. */
export interface ProxiedAddresses {
  readonly source: string
  readonly sourcePort: number
  readonly destination: string
  readonly destinationPort: number
}

export interface ProxyHeader {
  readonly version: 1 | 2
  /** Bytes that the header takes. */
  readonly length: number
  /** null: `UNKNOWN`, `LOCAL` or not over IP; the connection's own addresses stand. */
  readonly addresses: ProxiedAddresses | null
  readonly tlvs: readonly ProxyTlv[]
}

export type ProxyHeaderOutcome =
  | { readonly kind: 'more' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'malformed'; readonly version: 1 | 2 }
  | { readonly kind: 'header'; readonly header: ProxyHeader }

const MORE: ProxyHeaderOutcome = { kind: 'more' }
const ABSENT: ProxyHeaderOutcome = { kind: 'absent' }
const MALFORMED_1: ProxyHeaderOutcome = { kind: 'malformed', version: 1 }
const MALFORMED_2: ProxyHeaderOutcome = { kind: 'malformed', version: 2 }

const V1_PREFIX = Buffer.from('PROXY ', 'latin1')
/** PROXY protocol 2.1: the longest line with its CRLF. */
const V1_MAX_BYTES = 107
const V2_SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')
const V2_FIXED_BYTES = 16

/** Reads a PROXY header of version 1 or 2 at the start of a connection. Total over any bytes. */
export function readProxyHeader(bytes: Buffer): ProxyHeaderOutcome {
  if (startsAlike(bytes, V1_PREFIX)) return bytes.length < V1_PREFIX.length ? MORE : readVersion1(bytes)
  if (startsAlike(bytes, V2_SIGNATURE)) return bytes.length < V2_FIXED_BYTES ? MORE : readVersion2(bytes)
  return ABSENT
}

function startsAlike(bytes: Buffer, prefix: Buffer): boolean {
  const compared = Math.min(bytes.length, prefix.length)
  return bytes.compare(prefix, 0, compared, 0, compared) === 0
}

function readVersion1(bytes: Buffer): ProxyHeaderOutcome {
  const end = bytes.subarray(0, V1_MAX_BYTES).indexOf('\r\n')
  if (end < 0) return bytes.length < V1_MAX_BYTES ? MORE : MALFORMED_1
  const [, family, source = '', destination = '', sourcePort = '', destinationPort = '', ...more] = bytes
    .toString('latin1', 0, end)
    .split(' ')
  const length = end + 2
  // What follows UNKNOWN is to be ignored (PROXY protocol 2.1).
  if (family === 'UNKNOWN') return { kind: 'header', header: { version: 1, length, addresses: null, tlvs: [] } }
  const isFamily = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : null
  const ports = [portOf(sourcePort), portOf(destinationPort)] as const
  if (isFamily === null || more.length > 0 || !isFamily(source) || !isFamily(destination) || ports[0] < 0 || ports[1] < 0)
    return MALFORMED_1
  if (!isUnicast(source) || !isUnicast(destination)) return MALFORMED_1
  const addresses = { source, sourcePort: ports[0], destination, destinationPort: ports[1] }
  return { kind: 'header', header: { version: 1, length, addresses, tlvs: [] } }
}

/** TCP runs between single hosts: neither the unspecified address, nor broadcast, nor multicast. */
function isUnicast(address: string): boolean {
  if (!address.includes(':')) return address !== '0.0.0.0' && address !== '255.255.255.255' && !MULTICAST_4.test(address)
  return !/^[0:]+$/.test(address) && !/^ff/i.test(address)
}

const MULTICAST_4 = /^2(2[4-9]|3\d)\./

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1
  return port <= 65_535 ? port : -1
}

const LOCAL = 0x20
const PROXY = 0x21
const STREAM = 1
const DATAGRAM = 2
const INET = 1
const INET6 = 2

function readVersion2(bytes: Buffer): ProxyHeaderOutcome {
  const command = bytes[12] ?? 0
  const family = bytes[13] ?? 0
  const length = V2_FIXED_BYTES + bytes.readUInt16BE(14)
  if (command !== LOCAL && command !== PROXY) return MALFORMED_2
  if (bytes.length < length) return MORE
  const body = bytes.subarray(V2_FIXED_BYTES, length)
  const local: ProxyHeaderOutcome = { kind: 'header', header: { version: 2, length, addresses: null, tlvs: [] } }
  if (command === LOCAL) return local
  // Envoy takes the addresses of datagrams too, and refuses a command to proxy what has none.
  const transport = family & 0xf
  if (transport !== STREAM && transport !== DATAGRAM) return MALFORMED_2
  const addressBytes = family >> 4 === INET ? 4 : family >> 4 === INET6 ? 16 : 0
  const tlvStart = 2 * addressBytes + 4
  if (addressBytes === 0 || body.length < tlvStart) return MALFORMED_2
  const tlvs = readTlvs(body.subarray(tlvStart))
  if (tlvs === null) return MALFORMED_2
  const addresses = addressesOf(body, addressBytes)
  if (!isUnicast(addresses.source) || !isUnicast(addresses.destination)) return MALFORMED_2
  return { kind: 'header', header: { version: 2, length, addresses, tlvs } }
}

function addressesOf(body: Buffer, addressBytes: number): ProxiedAddresses {
  return {
    source: ipText(body.subarray(0, addressBytes)),
    destination: ipText(body.subarray(addressBytes, 2 * addressBytes)),
    sourcePort: body.readUInt16BE(2 * addressBytes),
    destinationPort: body.readUInt16BE(2 * addressBytes + 2),
  }
}

/** null: a value ends beyond the header. */
function readTlvs(bytes: Buffer): readonly ProxyTlv[] | null {
  const tlvs: ProxyTlv[] = []
  let at = 0
  while (at < bytes.length) {
    if (at + 3 > bytes.length) return null
    const end = at + 3 + bytes.readUInt16BE(at + 1)
    if (end > bytes.length) return null
    tlvs.push({ type: bytes[at] ?? 0, value: Buffer.from(bytes.subarray(at + 3, end)) })
    at = end
  }
  return tlvs
}

/** RFC 5952 form for IPv6. */
export function ipText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(i * 2).toString(16))
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}
