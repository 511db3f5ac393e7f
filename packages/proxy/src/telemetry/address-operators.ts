import { isIPv6 } from 'node:net'
import { ipBytes } from '../net/ip-prefix-map.ts'
import type { Operator } from './formatter.ts'
import type { StreamInfo } from './stream-info.ts'

type OperatorMaker = (argument: string) => Operator
type HostOf = (info: StreamInfo) => string | undefined
type PortOf = (info: StreamInfo) => number

/** Operators about the ends of connections. */
export const ADDRESS_OPERATORS: Readonly<Record<string, OperatorMaker>> = {
  ...endOf(
    'DOWNSTREAM_REMOTE',
    info => info.remoteAddress,
    info => info.remotePort,
  ),
  ...endOf(
    'DOWNSTREAM_DIRECT_REMOTE',
    info => info.connection.directRemoteAddress,
    info => info.connection.directRemotePort,
  ),
  ...endOf(
    'DOWNSTREAM_LOCAL',
    info => info.connection.localAddress,
    info => info.connection.localPort,
  ),
  ...endOf(
    'DOWNSTREAM_DIRECT_LOCAL',
    info => info.connection.localAddress,
    info => info.connection.localPort,
  ),
  // Addresses of internal listeners only, which are not supported.
  DOWNSTREAM_LOCAL_ADDRESS_ENDPOINT_ID: () => () => '',
  DOWNSTREAM_DIRECT_LOCAL_ADDRESS_ENDPOINT_ID: () => () => '',
  UPSTREAM_REMOTE_ADDRESS_ENDPOINT_ID: () => info => (info.upstream === null ? null : ''),
  UPSTREAM_HOST: () => info => orNull(info.upstream?.address),
  UPSTREAM_REMOTE_ADDRESS: () => info => orNull(info.upstream?.address),
  UPSTREAM_REMOTE_PORT: () => info => (info.upstream === null ? null : String(info.upstream.port)),
  UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: masked(info => info.upstream?.host),
  UPSTREAM_HOST_NAME: () => info => orNull(info.upstream?.hostname || info.upstream?.address),
  UPSTREAM_HOST_NAME_WITHOUT_PORT: () => info => orNull(info.upstream?.hostname || info.upstream?.host),
  UPSTREAM_LOCAL_ADDRESS: () => info => orNull(info.upstreamLocalAddress),
  UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT: masked(info => splitAddress(info.upstreamLocalAddress)[0]),
  UPSTREAM_LOCAL_PORT: () => info => orNull(splitAddress(info.upstreamLocalAddress)[1]),
}

function endOf(prefix: string, host: (info: StreamInfo) => string, port: PortOf): Record<string, OperatorMaker> {
  return {
    [`${prefix}_ADDRESS`]: () => info => address(host(info), port(info)),
    [`${prefix}_ADDRESS_WITHOUT_PORT`]: masked(host),
    [`${prefix}_PORT`]: () => info => String(port(info)),
  }
}

/** `(16)` makes `10.1.0.0/16` of `10.1.10.23`; what is no number is as if absent, what is too long the whole length, as in Envoy. */
function masked(hostOf: HostOf): OperatorMaker {
  return argument => {
    if (!/^\d{1,9}$/.test(argument)) return info => orNull(hostOf(info))
    return info => cidrText(hostOf(info) ?? '', Number(argument))
  }
}

function cidrText(host: string, wanted: number): string | null {
  const bytes = ipBytes(host)
  if (bytes === null) return orNull(host)
  const bits = Math.min(wanted, bytes.length * 8)
  const kept = bytes.map((byte, i) => byte & (0xff << Math.max(0, Math.min(8, (i + 1) * 8 - bits))))
  return `${ipText(kept)}/${bits}`
}

/** The shortest form of IPv6 (RFC 5952), as URLs have it. */
function ipText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, i) => (((bytes[i * 2] ?? 0) << 8) | (bytes[i * 2 + 1] ?? 0)).toString(16)).join(':')
  return new URL(`http://[${groups}]/`).hostname.replaceAll(/[[\]]/g, '')
}

/** Host and port of `10.0.0.1:80` or `[::1]:80`. */
function splitAddress(text: string): readonly [string, string] {
  const colon = text.lastIndexOf(':')
  return colon < 0 ? [text, ''] : [text.slice(0, colon).replaceAll(/[[\]]/g, ''), text.slice(colon + 1)]
}

function address(host: string, port: number): string | null {
  if (host === '') return null
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`
}

function orNull(text: string | undefined): string | null {
  return text === undefined || text === '' ? null : text
}
