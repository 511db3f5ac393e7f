import { isIP, isIPv4 } from 'node:net'
import type { ProxyHeaderConfig } from '../model/tls.ts'

export interface AddressPair {
  readonly source: { readonly host: string; readonly port: number }
  readonly destination: { readonly host: string; readonly port: number }
  /** What a PROXY header of the client's has said beside addresses. */
  readonly extensions: readonly { readonly type: number; readonly value: Buffer }[]
}

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
/** Version 2 with command LOCAL or PROXY. */
const LOCAL = 0x20
const PROXY = 0x21
const TCP4 = 0x11
const TCP6 = 0x21
const MAX_LENGTH = 0xffff

/** The header of the PROXY protocol (haproxy.org, proxy-protocol.txt, 2.1 and 2.2). null: the connection is for no client. */
export function encodeProxyHeader({ version, passesOn }: ProxyHeaderConfig, pair: AddressPair | null): Buffer {
  const known = pair !== null && isIP(pair.source.host) !== 0 && isIP(pair.destination.host) !== 0 ? pair : null
  return version === 1 ? encodeText(known) : encodeBinary(known, passesOn)
}

function encodeText(pair: AddressPair | null): Buffer {
  if (pair === null) return Buffer.from('PROXY UNKNOWN\r\n')
  const { source, destination } = pair
  const both4 = isIPv4(source.host) && isIPv4(destination.host)
  const hosts = both4 ? `TCP4 ${source.host} ${destination.host}` : `TCP6 ${as6(source.host)} ${as6(destination.host)}`
  return Buffer.from(`PROXY ${hosts} ${source.port} ${destination.port}\r\n`)
}

function encodeBinary(pair: AddressPair | null, passesOn: (type: number) => boolean): Buffer {
  if (pair === null) return Buffer.concat([SIGNATURE, Buffer.from([LOCAL, 0, 0, 0])])
  const { source, destination } = pair
  const both4 = isIPv4(source.host) && isIPv4(destination.host)
  const bytesOf = both4 ? bytesOf4 : bytesOf6
  const body: Uint8Array[] = [bytesOf(source.host), bytesOf(destination.host), word(source.port), word(destination.port)]
  let length = both4 ? 12 : 36
  for (const { type, value } of pair.extensions) {
    if (!passesOn(type) || length + 3 + value.length > MAX_LENGTH) continue
    body.push(Buffer.from([type]), word(value.length), value)
    length += 3 + value.length
  }
  return Buffer.concat([SIGNATURE, Buffer.from([PROXY, both4 ? TCP4 : TCP6]), word(length), ...body])
}

function as6(host: string): string {
  return isIPv4(host) ? `::ffff:${host}` : host
}

function bytesOf4(host: string): Buffer {
  return Buffer.from(host.split('.').map(Number))
}

/** Any valid form of an IPv6 address, also with its last 32 bits in the form of IPv4. */
function bytesOf6(text: string): Buffer {
  const host = as6(text).replace(/%.*$/, '')
  const dotted = host.slice(host.lastIndexOf(':') + 1)
  const tail = isIPv4(dotted)
    ? bytesOf4(dotted)
        .toString('hex')
        .replace(/^(....)/, '$1:')
    : dotted
  const [before = '', after = null] = (host.slice(0, host.length - dotted.length) + tail).split('::')
  const head = before === '' ? [] : before.split(':')
  const rest = after === null || after === '' ? [] : after.split(':')
  const zeros = Array.from({ length: 8 - head.length - rest.length }, () => '0')
  return Buffer.concat([...head, ...zeros, ...rest].map(group => word(Number.parseInt(group, 16))))
}

function word(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff])
}
