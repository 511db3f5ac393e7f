import type { GatewayServer, ObjectOf, Origin } from '@meshwork/config/kinds'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import { BLACK_HOLE_CLUSTER } from '../translate/clusters/cluster-name.ts'
import { httpRulesOf, type RouteTableInputs, type VirtualHostInputs } from '../translate/routes/inputs.ts'
import { type Caller, gatewayKey } from '../translate/routes/static-match.ts'
import { endsTls, type OwnedServer } from './gateway-servers.ts'
import { hostCovers, isExportedTo, namespaceCovers, parseScopedHost } from './host-pattern.ts'
import { destinationFacts, type RouteContext } from './route-inputs.ts'

type VirtualService = ObjectOf<'VirtualService'>

/** `namespace/name`. */
export function keyOfGateway(gateway: ObjectOf<'Gateway'>): string {
  return `${gateway.meta.namespace}/${gateway.meta.name}`
}

/** VirtualServices that name the Gateway and are exported to its namespace, oldest first. */
export function boundServices({ gateway }: OwnedServer, snapshot: MeshSnapshot): readonly VirtualService[] {
  const key = keyOfGateway(gateway)
  const otherwise = snapshot.mesh.defaultVirtualServiceExportTo
  return snapshot.virtualServices.filter(
    vs =>
      vs.spec.gateways.some(written => gatewayKey(written, vs.meta.namespace) === key) &&
      isExportedTo(vs.spec.exportTo.length > 0 ? vs.spec.exportTo : otherwise, vs.meta.namespace, gateway.meta.namespace),
  )
}

/** Whether the server takes a host of the VirtualService: by name and by the namespace that the server admits. */
export function servesHost({ gateway, server }: OwnedServer, vs: VirtualService, host: string): boolean {
  return server.hosts.some(written => {
    const scoped = parseScopedHost(written)
    if (!namespaceCovers(scoped.namespace, vs.meta.namespace, gateway.meta.namespace)) return false
    return hostCovers(scoped.host, host) || hostCovers(host, scoped.host)
  })
}

interface HostEntry {
  readonly rules: VirtualService[]
  readonly origins: Origin[]
  requireTls: boolean
}

/** The table of a group of servers that read HTTP: every host of every VirtualService bound to them. */
export function gatewayTable(
  name: string,
  group: readonly OwnedServer[],
  caller: Caller,
  snapshot: MeshSnapshot,
  context: RouteContext,
): RouteTableInputs {
  const hosts = new Map<string, HostEntry>()
  for (const owned of group) {
    for (const vs of boundServices(owned, snapshot)) if (vs.spec.http.length > 0) addHosts(hosts, owned, vs)
  }
  const virtualHosts = [...hosts].map(([domain, entry]) =>
    virtualHost(domain, caller, entry.requireTls, uniqueOrigins(entry.origins), entry.rules),
  )
  return {
    name,
    ignorePortInHost: true,
    virtualHosts: [...virtualHosts, ...redirectHosts(group, hosts, caller)].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    fallback: 'not-found',
    elsewhere: BLACK_HOLE_CLUSTER,
    clusterDomain: context.clusterDomain,
    destinations: destinationFacts(virtualHosts, context),
    endsTls: group.some(endsTls),
    defaultRetries: context.defaultRetries,
    mixer: context.mixer,
  }
}

function addHosts(hosts: Map<string, HostEntry>, owned: OwnedServer, vs: VirtualService): void {
  for (const host of vs.spec.hosts.filter(each => servesHost(owned, vs, each))) {
    for (const domain of servedDomains(owned.server, host)) {
      const entry = hosts.get(domain) ?? { rules: [], origins: [owned.gateway.origin], requireTls: false }
      if (!entry.rules.includes(vs)) entry.rules.push(vs)
      entry.origins.push(vs.origin)
      entry.requireTls ||= owned.server.tls?.httpsRedirect === true
      hosts.set(domain, entry)
    }
  }
}

/** A server that only redirects to HTTPS needs no rules for its hosts. */
function redirectHosts(group: readonly OwnedServer[], known: ReadonlyMap<string, unknown>, caller: Caller): readonly VirtualHostInputs[] {
  const origins = new Map<string, Origin>()
  for (const { server, gateway } of group.filter(owned => owned.server.tls?.httpsRedirect === true)) {
    for (const host of server.hosts.map(written => parseScopedHost(written).host))
      if (!known.has(host) && !origins.has(host)) origins.set(host, gateway.origin)
  }
  return [...origins].map(([host, origin]) => virtualHost(host, caller, true, [origin], []))
}

function virtualHost(
  domain: string,
  caller: Caller,
  requireTls: boolean,
  origins: readonly Origin[],
  rules: readonly VirtualService[],
): VirtualHostInputs {
  return {
    name: `${domain}:${caller.port}`,
    domains: [domain],
    caller,
    port: caller.port,
    service: undefined,
    rules: rules.toSorted((a, b) => a.meta.createdAt - b.meta.createdAt).map(httpRulesOf),
    requireTls,
    origins,
  }
}

/** The names that both the server and the VirtualService mean: the narrower of the two patterns. */
function servedDomains(server: GatewayServer, host: string): readonly string[] {
  const patterns = server.hosts.map(written => parseScopedHost(written).host.toLowerCase())
  if (patterns.some(pattern => hostCovers(pattern, host))) return [host]
  return patterns.filter(pattern => hostCovers(host, pattern))
}

export function uniqueOrigins(origins: readonly Origin[]): readonly Origin[] {
  return [...new Map(origins.map(origin => [`${origin.file}:${origin.line}`, origin])).values()]
}
