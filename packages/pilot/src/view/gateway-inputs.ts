import type { GatewayServer, ObjectOf, Origin } from '@meshwork/config/kinds'
import { isHttp, parseProtocol } from '@meshwork/config/registry'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import type { HttpSettings } from '../translate/filters/inputs.ts'
import type { GatewayServerInputs, ListenerInputs } from '../translate/listeners/inputs.ts'
import { httpRulesOf, type RouteTableInputs, type VirtualHostInputs } from '../translate/routes/inputs.ts'
import { type Caller, gatewayKey, hasLabels } from '../translate/routes/static-match.ts'
import type { ListenersAndTables } from './captured-listeners.ts'
import { hostCovers, isExportedTo, namespaceCovers, parseScopedHost } from './host-pattern.ts'
import { endsTls, mergeServers, type OwnedServer, passesTls } from './gateway-servers.ts'
import { destinationFacts, type RouteContext } from './route-inputs.ts'
import { plainWays, tlsWays } from './tcp-ways.ts'

type VirtualService = ObjectOf<'VirtualService'>

/** Listeners and tables of a gateway proxy: the servers of all Gateways that select it, merged by port. */
export function gatewayListeners(snapshot: MeshSnapshot, context: RouteContext, settings: HttpSettings): ListenersAndTables {
  const { identity } = context
  const gateways = snapshot.gateways.filter(gateway => hasLabels(identity.labels, gateway.spec.selector))
  const servers = gateways.flatMap(gateway => gateway.spec.servers.map(server => ({ gateway, server })))
  const keys = gateways.map(keyOf)
  const listeners: ListenerInputs[] = []
  const tables: RouteTableInputs[] = []
  for (const [port, owned] of Map.groupBy(servers, ({ server }) => server.port.number)) {
    const merged = mergeServers(owned)
    const parts = merged.map(group => serverPart(group, port, keys, snapshot, context))
    tables.push(...parts.flatMap(part => (part.table === undefined ? [] : [part.table])))
    const inputs = parts.flatMap(part => part.servers)
    if (inputs.length === 0) continue
    const bind = owned.find(({ server }) => server.bind !== undefined && server.bind !== '')?.server.bind
    const origins = uniqueOrigins(owned.map(({ gateway }) => gateway.origin))
    listeners.push({
      kind: 'gateway-port',
      place: { address: bind ?? defaultBind(context), port: listenPort(port, context), bound: true },
      servers: inputs,
      settings,
      origins,
    })
  }
  return { listeners, tables }
}

/** A gateway that shares its machine's loopback with others must not open its ports to the network. */
function defaultBind(context: RouteContext): string {
  const { ip, interception } = context.identity
  return interception === 'none' && ip.startsWith('127.') ? ip : '0.0.0.0'
}

/** Behind a service that maps ports, the gateway listens where the service sends the port of the Gateway object. */
function listenPort(port: number, context: RouteContext): number {
  return context.identity.ownPorts.find(own => own.servicePort === port)?.port ?? port
}

function keyOf(gateway: ObjectOf<'Gateway'>): string {
  return `${gateway.meta.namespace}/${gateway.meta.name}`
}

interface ServerPart {
  readonly servers: readonly GatewayServerInputs[]
  readonly table: RouteTableInputs | undefined
}

function serverPart(
  group: readonly OwnedServer[],
  port: number,
  keys: readonly string[],
  snapshot: MeshSnapshot,
  context: RouteContext,
): ServerPart {
  const [first] = group
  if (first === undefined) return { servers: [], table: undefined }
  const { server } = first
  const http = isHttp(parseProtocol(server.port.protocol)) || (parseProtocol(server.port.protocol) === 'https' && endsTls(first))
  const caller = { namespace: context.identity.namespace, labels: context.identity.labels, gateways: keys, port }
  if (!http) return { servers: tcpServers(first, caller, snapshot, context), table: undefined }
  const name = endsTls(first)
    ? `https.${port}.${server.port.name}.${first.gateway.meta.name}.${first.gateway.meta.namespace}`
    : `http.${port}`
  const tls = endsTls(first) ? server.tls : undefined
  const serverNames = tls === undefined ? [] : sniNames(server)
  return {
    servers: [{ name, serverNames, tls, content: { kind: 'http', routeName: name } }],
    table: gatewayTable(name, group, caller, snapshot, context),
  }
}

function sniNames(server: GatewayServer): readonly string[] {
  const hosts = server.hosts.map(host => parseScopedHost(host).host)
  return hosts.includes('*') ? [] : hosts
}

/** Opaque servers: SNI ways of PASSTHROUGH, the TCP rules of the oldest VirtualService otherwise. */
function tcpServers(owned: OwnedServer, caller: Caller, snapshot: MeshSnapshot, context: RouteContext): readonly GatewayServerInputs[] {
  const passthrough = passesTls(owned)
  const tls = endsTls(owned) ? owned.server.tls : undefined
  const ways = boundServices(owned, snapshot).flatMap(vs => {
    const tcp = { caller, clusterDomain: context.clusterDomain, virtualServices: [vs] }
    return passthrough ? tlsWays(vs, tcp) : plainWays(vs, tcp)
  })
  const chosen = passthrough ? ways : ways.slice(0, 1)
  return chosen.map((way, index) => ({
    name: `${owned.server.port.name}-${index}`,
    serverNames: passthrough ? way.serverNames : tls === undefined ? [] : sniNames(owned.server),
    tls: passthrough ? owned.server.tls : tls,
    content: { kind: 'tcp', destinations: way.destinations },
  }))
}

function gatewayTable(
  name: string,
  group: readonly OwnedServer[],
  caller: Caller,
  snapshot: MeshSnapshot,
  context: RouteContext,
): RouteTableInputs {
  const hosts = new Map<string, { rules: VirtualService[]; origins: Origin[]; requireTls: boolean }>()
  for (const owned of group) {
    for (const vs of boundServices(owned, snapshot)) {
      for (const host of vs.spec.hosts.filter(h => vs.spec.http.length > 0 && servesHost(owned, vs, h))) {
        for (const domain of servedDomains(owned.server, host)) {
          const entry = hosts.get(domain) ?? { rules: [], origins: [owned.gateway.origin], requireTls: false }
          if (!entry.rules.includes(vs)) entry.rules.push(vs)
          hosts.set(domain, {
            ...entry,
            origins: [...entry.origins, vs.origin],
            requireTls: entry.requireTls || owned.server.tls?.httpsRedirect === true,
          })
        }
      }
    }
  }
  const virtualHosts = [...hosts].map(([domain, { rules, origins, requireTls }]): VirtualHostInputs => ({
    name: `${domain}:${caller.port}`,
    domains: [domain],
    caller,
    port: caller.port,
    service: undefined,
    rules: rules.toSorted((a, b) => a.meta.createdAt - b.meta.createdAt).map(httpRulesOf),
    requireTls,
    origins: uniqueOrigins(origins),
  }))
  return {
    name,
    ignorePortInHost: true,
    virtualHosts: [...virtualHosts, ...redirectHosts(group, hosts, caller)].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    fallback: 'not-found',
    clusterDomain: context.clusterDomain,
    destinations: destinationFacts(virtualHosts, context),
    mixer: context.mixer,
  }
}

/** A server that only redirects to HTTPS needs no rules for its hosts. */
function redirectHosts(group: readonly OwnedServer[], known: ReadonlyMap<string, unknown>, caller: Caller): readonly VirtualHostInputs[] {
  const hosts = group
    .filter(({ server }) => server.tls?.httpsRedirect === true)
    .flatMap(({ server, gateway }) => server.hosts.map(host => ({ host: parseScopedHost(host).host, origin: gateway.origin })))
  return hosts
    .filter(({ host }) => !known.has(host))
    .map(({ host, origin }) => ({
      name: `${host}:${caller.port}`,
      domains: [host],
      caller,
      port: caller.port,
      service: undefined,
      rules: [],
      requireTls: true,
      origins: [origin],
    }))
}

/** VirtualServices that name the Gateway and are exported to its namespace, oldest first. */
function boundServices({ gateway }: OwnedServer, snapshot: MeshSnapshot): readonly VirtualService[] {
  const key = keyOf(gateway)
  return snapshot.virtualServices.filter(
    vs =>
      vs.spec.gateways.some(written => gatewayKey(written, vs.meta.namespace) === key) &&
      isExportedTo(vs.spec.exportTo, vs.meta.namespace, gateway.meta.namespace),
  )
}

function servesHost({ gateway, server }: OwnedServer, vs: VirtualService, host: string): boolean {
  return server.hosts.some(written => {
    const scoped = parseScopedHost(written)
    if (!namespaceCovers(scoped.namespace, vs.meta.namespace, gateway.meta.namespace)) return false
    return hostCovers(scoped.host, host) || hostCovers(host, scoped.host)
  })
}

/** The names that both the server and the VirtualService mean: the narrower of the two patterns. */
function servedDomains(server: GatewayServer, host: string): readonly string[] {
  const patterns = server.hosts.map(written => parseScopedHost(written).host.toLowerCase())
  if (patterns.some(pattern => hostCovers(pattern, host))) return [host]
  return patterns.filter(pattern => hostCovers(host, pattern))
}

function uniqueOrigins(origins: readonly Origin[]): readonly Origin[] {
  return [...new Map(origins.map(origin => [`${origin.file}:${origin.line}`, origin])).values()]
}
