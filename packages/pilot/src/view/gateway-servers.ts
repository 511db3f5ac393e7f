import type { GatewayServer, ObjectOf } from '@meshwork/config/kinds'
import { isHttp, parseProtocol } from '@meshwork/config/registry'
import { parseScopedHost } from './host-pattern.ts'

/** A server with the Gateway that has it. */
export interface OwnedServer {
  readonly gateway: ObjectOf<'Gateway'>
  readonly server: GatewayServer
}

/** A server that is left out, with the reason in words for its owner. */
export interface LeftOutServer extends OwnedServer {
  readonly reason: string
}

export interface MergedServers {
  /** Each becomes a filter chain; plain HTTP servers pool their hosts in one. */
  readonly groups: readonly (readonly OwnedServer[])[]
  readonly leftOut: readonly LeftOutServer[]
}

/**
 * The servers of one address and port, oldest first. The first decides what the port is: plain HTTP, TLS, or bytes, which only
 * it can have. Servers with TLS stand side by side, told apart by SNI, so a host that an older one has keeps the younger out.
 */
export function mergeServers(owned: readonly OwnedServer[]): MergedServers {
  const kept: OwnedServer[] = []
  const leftOut: LeftOutServer[] = []
  const hostsWithTls = new Set<string>()
  for (const each of owned) {
    const reason = conflict(each, kept[0], hostsWithTls)
    if (reason !== null) {
      leftOut.push({ ...each, reason })
      continue
    }
    kept.push(each)
    if (each.server.tls !== undefined) for (const host of hostsOf(each)) hostsWithTls.add(host)
  }
  const [first] = kept
  if (first === undefined) return { groups: [], leftOut }
  return { groups: usesTls(first) ? kept.map(each => [each]) : [kept], leftOut }
}

function conflict(owned: OwnedServer, first: OwnedServer | undefined, hostsWithTls: ReadonlySet<string>): string | null {
  const protocol = parseProtocol(owned.server.port.protocol)
  if (protocol === 'udp') return 'gateways do not serve UDP'
  const taken = owned.server.tls === undefined ? undefined : hostsOf(owned).find(host => hostsWithTls.has(host))
  if (taken !== undefined) return `an older server has the host '${taken}' on this port`
  if (first === undefined) return null
  const older = `${first.server.port.protocol} server of Gateway ${first.gateway.meta.namespace}/${first.gateway.meta.name}`
  if (usesTls(first) !== usesTls(owned)) return `the older ${older} has this port`
  const bothHttp = isHttp(protocol) && isHttp(parseProtocol(first.server.port.protocol))
  return usesTls(first) || bothHttp ? null : `the older ${older} has this port`
}

/** Without their namespaces, in lower case. */
function hostsOf({ server }: OwnedServer): readonly string[] {
  return server.hosts.map(host => parseScopedHost(host).host.toLowerCase())
}

export function passesTls({ server }: OwnedServer): boolean {
  const mode = server.tls?.mode
  return isTlsPort(server) && (mode === 'PASSTHROUGH' || mode === 'AUTO_PASSTHROUGH')
}

export function endsTls(owned: OwnedServer): boolean {
  return isTlsPort(owned.server) && owned.server.tls !== undefined && !passesTls(owned)
}

/** Whether requests are read: plain HTTP of any version, or HTTPS that ends here. */
export function readsHttp(owned: OwnedServer): boolean {
  const protocol = parseProtocol(owned.server.port.protocol)
  return isHttp(protocol) || (protocol === 'https' && endsTls(owned))
}

function usesTls(owned: OwnedServer): boolean {
  return endsTls(owned) || passesTls(owned)
}

function isTlsPort(server: GatewayServer): boolean {
  const protocol = parseProtocol(server.port.protocol)
  return protocol === 'https' || protocol === 'tls'
}
