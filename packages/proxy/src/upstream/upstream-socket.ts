import { isIP } from 'node:net'
import type { ConnectionFacts } from '../filters/filter.ts'
import type { AutoNames } from '../model/cluster.ts'
import type { ProxyHeaderConfig } from '../model/tls.ts'
import type { ClientTlsContext, ConnectionNames } from '../tls/client-context.ts'
import { NO_NAMES } from '../tls/client-context.ts'
import { type AddressPair, encodeProxyHeader } from './proxy-header.ts'

/** How one connection to a host is made. */
export interface UpstreamSocket {
  /** null: plain text. */
  readonly tls: ClientTlsContext | null
  readonly names: ConnectionNames
  /** PROXY header that goes before everything else; null: none. */
  readonly preface: Buffer | null
  /** The address that it comes from although it is another machine's; null: one of ours. */
  readonly from: BorrowedSource | null
}

/** The address of a client, for connections that are made in its name. */
export interface BorrowedSource {
  readonly host: string
  /** Of packets, for rules of the kernel; 0: none. */
  readonly mark: number
}

/** A transport socket of a cluster, before it is known who a connection is for. */
export interface SocketRule {
  readonly tls: ClientTlsContext | null
  readonly proxyHeader: ProxyHeaderConfig | null
}

/** Who a connection is made for. */
export interface ConnectionPurpose {
  /** null: for no client. */
  readonly client: ConnectionFacts | null
  /** The host of the request, and its headers by name; empty for none. */
  readonly requestHost: string
  requestHeader(name: string): string
}

/** null in `rule`: plain text; in `purpose`: for the proxy itself. The result is null where nothing is asked for. */
export function upstreamSocket(rule: SocketRule | null, auto: AutoNames | null, purpose: ConnectionPurpose | null): UpstreamSocket | null {
  const from = sourceOf(purpose?.client ?? null)
  if (rule === null) return from === null ? null : { tls: null, names: NO_NAMES, preface: null, from }
  const { tls, proxyHeader } = rule
  return {
    from,
    tls,
    names: tls === null || auto === null || purpose === null ? NO_NAMES : namesFor(auto, purpose),
    preface: proxyHeader === null ? null : encodeProxyHeader(proxyHeader, addressesOf(purpose?.client ?? null)),
  }
}

/** Connections that are the same for a host; others are kept apart by this. Empty: nothing distinguishes them. */
export function socketKey({ names, preface, from }: UpstreamSocket): string {
  if (names === NO_NAMES && preface === null && from === null) return ''
  return JSON.stringify([names.serverName, names.requiredName, preface?.toString('latin1') ?? '', from?.host, from?.mark])
}

function sourceOf(client: ConnectionFacts | null): BorrowedSource | null {
  if (client === null || client.onwardMark === null || isIP(client.remoteAddress) === 0) return null
  return { host: client.remoteAddress, mark: client.onwardMark }
}

/** `auto_sni`, `auto_san_validation`: the header that says so, else the host of the request, without port. */
function namesFor(auto: AutoNames, purpose: ConnectionPurpose): ConnectionNames {
  const given = auto.header === '' ? '' : purpose.requestHeader(auto.header)
  const name = withoutPort(given === '' ? purpose.requestHost : given)
  return { serverName: auto.serverName && isIP(name) === 0 ? name : '', requiredName: auto.validation ? name : '' }
}

function withoutPort(host: string): string {
  if (host.startsWith('[')) return host.slice(1, Math.max(host.indexOf(']'), 1))
  const colon = host.lastIndexOf(':')
  return colon < 0 ? host : host.slice(0, colon)
}

function addressesOf(client: ConnectionFacts | null): AddressPair | null {
  if (client === null) return null
  return {
    source: { host: client.remoteAddress, port: client.remotePort },
    destination: { host: client.localAddress, port: client.localPort },
    extensions: client.proxyTlvs,
  }
}
