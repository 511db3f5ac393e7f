import type { HttpConnectionManagerConfig } from '../model/http-connection-manager.ts'
import { HEADER_IDS } from './header-name.ts'
import type { StreamRecord } from './stream-record.ts'

type HostRules = Pick<HttpConnectionManagerConfig, 'stripHostPort' | 'stripTrailingHostDot'>

/** Takes from the host what routes and the upstream shall not see: its last dot, its port. */
export function normalizeHost(stream: StreamRecord, rules: HostRules): void {
  if (rules.stripHostPort === 'no' && !rules.stripTrailingHostDot) return
  const host = rules.stripTrailingHostDot ? withoutTrailingDot(stream.authority) : stream.authority
  const bare = withoutPort(host, stream, rules.stripHostPort)
  if (bare === stream.authority) return
  stream.authority = bare
  const index = stream.requestHeaders.findId(HEADER_IDS.host)
  if (index >= 0) stream.requestHeaders.values[index] = bare
}

/** `host.` and `host.:80` lose one dot. */
export function withoutTrailingDot(host: string): string {
  const colon = portAt(host)
  const end = colon < 0 ? host.length : colon
  return end > 1 && host.charCodeAt(end - 1) === DOT ? host.slice(0, end - 1) + host.slice(end) : host
}

/** CONNECT keeps its port: it is half of the destination (RFC 9110 9.3.6). */
function withoutPort(host: string, stream: StreamRecord, mode: HostRules['stripHostPort']): string {
  if (mode === 'no' || (mode === 'any' && stream.method === 'CONNECT')) return host
  const colon = portAt(host)
  if (colon < 0 || (mode === 'matching' && Number(host.slice(colon + 1)) !== stream.connection.localPort)) return host
  return host.slice(0, colon)
}

const DOT = 46

/** Index of the colon before the port, or -1; colons within the brackets of an IPv6 address are none. */
function portAt(host: string): number {
  const colon = host.lastIndexOf(':')
  return colon > host.lastIndexOf(']') && /^\d+$/.test(host.slice(colon + 1)) ? colon : -1
}
