import type { ObjectOf, ServerTlsSettings, SidecarEgress, SidecarIngress } from '@meshwork/config/kinds'
import { isGrpc, isHttp, parseProtocol, type Protocol } from '@meshwork/config/registry'
import type { MeshSnapshot } from '../snapshot/mesh-snapshot.ts'
import type { InboundClusterInputs, InboundTarget } from '../translate/clusters/inputs.ts'
import type { HttpSettings } from '../translate/filters/inputs.ts'
import type { InboundPort, ListenerInputs, ListenerPlace } from '../translate/listeners/inputs.ts'
import type { RouteTableInputs } from '../translate/routes/inputs.ts'
import { MESH_GATEWAY } from '../translate/routes/static-match.ts'
import { capturedListeners, type ListenersAndTables } from './captured-listeners.ts'
import type { EgressScope } from './outbound-scope.ts'
import { type InboundPools, inboundPools } from './inbound-pools.ts'
import { peerTlsFor } from './peer-tls.ts'
import { rememberedPortTable } from './port-tables.ts'
import { HTTP_PROXY_TABLE, httpProxyTable, type RouteContext, routesHttp } from './route-inputs.ts'
import { tuningBy } from './tcp-tuning.ts'
import { tcpWays } from './tcp-ways.ts'
import { inboundProtocol, type ViewIdentity } from './view-identity.ts'

const LOOPBACK = '127.0.0.1'
const ANY_ADDRESS = '0.0.0.0'

/** The outbound side of a sidecar: listeners of its Sidecar object, captured ports, the mesh's HTTP proxy port. */
export function outboundListeners(
  scopes: readonly EgressScope[],
  context: RouteContext,
  settings: HttpSettings,
  mesh: MeshSnapshot['mesh'],
): ListenersAndTables {
  const listeners: ListenerInputs[] = []
  const tables = new Map<string, RouteTableInputs>()
  const add = (more: ListenersAndTables): void => {
    listeners.push(...more.listeners)
    for (const table of more.tables) if (!tables.has(table.name)) tables.set(table.name, table)
  }
  for (const scope of scopes) {
    if (scope.listener !== undefined) add(placedListener(scope.listener, scope, context, settings))
    else if (context.identity.interception !== 'none') add(capturedListeners(scope, context, settings))
  }
  if (mesh.proxyHttpPort > 0) add(meshHttpProxy(mesh.proxyHttpPort, scopes, context, settings))
  if (context.identity.interception !== 'none') {
    listeners.push({ kind: 'capture-outbound', otherwise: context.elsewhere, settings })
  }
  return { listeners: firstOfEachPlace(listeners), tables: [...tables.values()] }
}

function placedListener(listener: SidecarEgress, scope: EgressScope, context: RouteContext, settings: HttpSettings): ListenersAndTables {
  const place = egressPlace(listener, context.identity)
  const protocol = parseProtocol(listener.port?.protocol ?? '')
  const port = listener.port?.number ?? 0
  const origins = scope.virtualServices.map(vs => vs.origin)
  if (protocol === 'http-proxy') {
    return {
      listeners: [{ kind: 'outbound-http', place, routeName: HTTP_PROXY_TABLE, httpProxy: true, grpc: false, settings, origins }],
      tables: [httpProxyTable(HTTP_PROXY_TABLE, scope, context)],
    }
  }
  if (routesHttp(protocol)) {
    const routeName = place.address.startsWith('unix:') ? place.address : String(port)
    return {
      listeners: [{ kind: 'outbound-http', place, routeName, httpProxy: false, grpc: isGrpc(protocol), settings, origins }],
      tables: [rememberedPortTable(routeName, port, scope, context)],
    }
  }
  // Nothing but its port sets it apart from the listener for everything, so services keep their own addresses.
  if (!place.bound && (listener.bind ?? '') === '') return capturedListeners(onPort(scope, port, protocol), context, settings)
  return { listeners: placedTcp(place, port, scope, context, settings), tables: [] }
}

/** The services that have the port, reduced to it, speaking what the listener says. */
function onPort(scope: EgressScope, number: number, protocol: Protocol): EgressScope {
  const services = scope.services.flatMap(service => {
    const port = service.ports.find(candidate => candidate.number === number)
    return port === undefined ? [] : [{ ...service, ports: [{ ...port, protocol }] }]
  })
  return { ...scope, services }
}

/** Opaque bytes on one port can go to one service only: the oldest that has the port. */
function placedTcp(
  place: ListenerPlace,
  port: number,
  scope: EgressScope,
  context: RouteContext,
  settings: HttpSettings,
): ListenerInputs[] {
  for (const service of scope.services) {
    const servicePort = service.ports.find(p => p.number === port)
    if (servicePort === undefined) continue
    const caller = { namespace: context.identity.namespace, labels: context.identity.labels, gateways: [MESH_GATEWAY], port }
    const tcp = { caller, clusterDomain: context.clusterDomain, virtualServices: scope.virtualServices, tuningOf: tuningBy(context) }
    const ways = tcpWays(service, servicePort, tcp, false)
    return [{ kind: 'outbound-tcp', place, ways, detectHttp: null, otherwise: null, settings, origins: [service.origin] }]
  }
  return []
}

/** Without capture a listener must open its port, on loopback unless it says otherwise. */
function egressPlace(listener: SidecarEgress, identity: ViewIdentity): ListenerPlace {
  const bound = listener.captureMode === 'NONE' || identity.interception === 'none' || (listener.bind ?? '').startsWith('unix:')
  return { address: listener.bind || (bound ? LOOPBACK : ANY_ADDRESS), port: listener.port?.number ?? 0, bound }
}

function meshHttpProxy(port: number, scopes: readonly EgressScope[], context: RouteContext, settings: HttpSettings): ListenersAndTables {
  const all: EgressScope = {
    listener: undefined,
    services: [...new Set(scopes.flatMap(scope => scope.services))],
    virtualServices: [...new Set(scopes.flatMap(scope => scope.virtualServices))],
  }
  const place = { address: LOOPBACK, port, bound: true }
  return {
    listeners: [{ kind: 'outbound-http', place, routeName: HTTP_PROXY_TABLE, httpProxy: true, grpc: false, settings, origins: [] }],
    tables: [httpProxyTable(HTTP_PROXY_TABLE, all, context)],
  }
}

function firstOfEachPlace(listeners: readonly ListenerInputs[]): readonly ListenerInputs[] {
  const seen = new Set<string>()
  return listeners.filter(listener => {
    const key = 'place' in listener ? `${listener.place.address} ${listener.place.port}` : listener.kind
    return !seen.has(key) && seen.add(key)
  })
}

export interface InboundSide {
  readonly listeners: readonly ListenerInputs[]
  readonly clusters: readonly InboundClusterInputs[]
}

/** The inbound side: the Sidecar's `ingress` ports where it has any, the ports that services name otherwise. */
export function inboundSide(
  identity: ViewIdentity,
  snapshot: MeshSnapshot,
  sidecar: ObjectOf<'Sidecar'> | undefined,
  settings: HttpSettings,
): InboundSide {
  const ingress = sidecar?.spec.ingress ?? []
  const origins = sidecar === undefined ? [] : [sidecar.origin]
  const placed = ingress.filter(entry => entry.captureMode === 'NONE' || identity.interception === 'none')
  const captured = ingress.filter(entry => !placed.includes(entry))
  const listeners: ListenerInputs[] = placed.map(entry => ({
    kind: 'sidecar-ingress',
    place: { address: entry.bind || identity.ip, port: entry.port.number, bound: true },
    inbound: ingressPort(entry, identity, snapshot),
    ip: identity.ip,
    settings,
    origins,
  }))
  const pools = inboundPools(identity, snapshot, sidecar)
  const clusters: InboundClusterInputs[] = ingress.map(entry => ingressCluster(entry, identity, snapshot, origins, pools))
  if (identity.interception === 'none') return { listeners, clusters }
  const ports = ingress.length > 0 ? captured.map(entry => ingressPort(entry, identity, snapshot)) : ownInboundPorts(identity, snapshot)
  if (ingress.length === 0) clusters.push(...ports.map(port => originalCluster(port, snapshot, pools)))
  const otherTls = tlsOf(undefined, identity, snapshot)
  const transparent = identity.interception === 'tproxy'
  const capture = { kind: 'capture-inbound', ports, otherTls, ip: identity.ip, transparent, settings, origins } as const
  return { listeners: [...listeners, capture], clusters }
}

function ownInboundPorts(identity: ViewIdentity, snapshot: MeshSnapshot): readonly InboundPort[] {
  return identity.ownPorts.map(own => ({
    port: own.port,
    protocol: own.protocol,
    grpc: own.grpc,
    tls: tlsOf(own.port, identity, snapshot),
    tunnel: identity.meshwork && own.protocol === 'http',
    service: own.service,
  }))
}

function ingressPort(entry: SidecarIngress, identity: ViewIdentity, snapshot: MeshSnapshot): InboundPort {
  const port = entry.port.number
  const tls = tlsOf(port, identity, snapshot)
  // Where the mesh's own mutual TLS may come, it goes first, as in Istio.
  const ownTls = tls === 'disable' && entry.tls !== undefined && opensWithFiles(entry.tls) ? entry.tls : undefined
  const written = parseProtocol(entry.port.protocol)
  const protocol = ownTls !== undefined && written === 'https' ? 'http' : written
  const http = isHttp(protocol)
  return {
    port,
    protocol: inboundProtocol(protocol),
    grpc: isGrpc(protocol),
    tls,
    ...(ownTls !== undefined && { ownTls }),
    tunnel: identity.meshwork && http,
    service: identity.ownPorts.find(own => own.port === port)?.service,
  }
}

function opensWithFiles({ mode, credentialName = '', credentialNames }: ServerTlsSettings): boolean {
  return ['SIMPLE', 'MUTUAL', 'OPTIONAL_MUTUAL'].includes(mode) && credentialName === '' && credentialNames.length === 0
}

function tlsOf(port: number | undefined, identity: ViewIdentity, snapshot: MeshSnapshot): InboundPort['tls'] {
  return peerTlsFor(snapshot.peerAuthentications, snapshot.mesh.rootNamespace, {
    namespace: identity.namespace,
    labels: identity.labels,
    port,
  })
}

function originalCluster(port: InboundPort, snapshot: MeshSnapshot, pools: InboundPools): InboundClusterInputs {
  const onLoopback = snapshot.mesh.inboundTrafficPolicy.mode === 'LOCALHOST'
  return {
    port: port.port,
    target: onLoopback ? { kind: 'address', address: LOOPBACK, port: port.port } : { kind: 'original-destination' },
    pool: pools(port.port),
    asCaller: port.protocol !== 'tcp',
    service: port.service,
    connectTimeoutMs: snapshot.mesh.connectTimeoutMs,
    origins: [],
  }
}

function ingressCluster(
  entry: SidecarIngress,
  identity: ViewIdentity,
  snapshot: MeshSnapshot,
  origins: InboundClusterInputs['origins'],
  pools: InboundPools,
): InboundClusterInputs {
  return {
    port: entry.port.number,
    pool: entry.connectionPool ?? pools(entry.port.number),
    target: ingressTarget(entry, identity),
    asCaller: inboundProtocol(parseProtocol(entry.port.protocol)) !== 'tcp',
    service: identity.ownPorts.find(own => own.port === entry.port.number)?.service,
    connectTimeoutMs: snapshot.mesh.connectTimeoutMs,
    origins,
  }
}

/** `127.0.0.1:PORT`, `[::1]:PORT`, `0.0.0.0:PORT` for the workload's own address, `unix:///path`; without one the same port on loopback. */
function ingressTarget(entry: SidecarIngress, identity: ViewIdentity): InboundTarget {
  const written = entry.defaultEndpoint ?? ''
  if (written.startsWith('unix:')) return { kind: 'pipe', path: written }
  const [, host = LOOPBACK, port = String(entry.port.number)] = /^\[?([^\]]*?)\]?:(\d+)$/.exec(written) ?? []
  return { kind: 'address', address: host === ANY_ADDRESS ? identity.ip : host, port: Number(port) }
}
