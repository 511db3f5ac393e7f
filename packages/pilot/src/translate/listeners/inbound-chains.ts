import { TUNNEL_PROTOCOL } from '@meshwork/core/ids'
import type { TransportSocket } from '@meshwork/protos/envoy/config/core/v3/base'
import { FilterChain, type Filter } from '@meshwork/protos/envoy/config/listener/v3/listener_components'
import { RouteConfiguration } from '@meshwork/protos/envoy/config/route/v3/route'
import type { Any } from '@meshwork/protos/google/protobuf/any'
import { inboundClusterName } from '../clusters/cluster-name.ts'
import { downstreamTlsSocket, meshTlsContext } from '../envoy/tls-context.ts'
import { buildConnectionManager } from '../filters/connection-manager.ts'
import type { HttpSettings } from '../filters/inputs.ts'
import { buildMixerRoute, MIXER_FILTER } from '../filters/mixer.ts'
import { buildTcpFilters } from '../filters/tcp-proxy.ts'
import { timeouts } from '../routes/route-action.ts'
import { buildRouteMatch } from '../routes/route-match.ts'
import { serverTlsSocket } from './server-tls.ts'
import { type ChainShape, shapesOf } from './inbound-shapes.ts'
import type { InboundPort, PeerTls } from './inputs.ts'

/** Offered to callers. `istio` comes last: it is what remains in common with a caller that offers no HTTP version. */
const OFFERED_PROTOCOLS: readonly string[] = ['h2', 'http/1.1', 'istio']

/** Mutual TLS with a mesh identity; anyone whom the roots vouch for may connect, policy decides what for. */
function meshServerSocket(tunnel: boolean): TransportSocket {
  const offered = tunnel ? [TUNNEL_PROTOCOL, ...OFFERED_PROTOCOLS] : OFFERED_PROTOCOLS
  return downstreamTlsSocket({ commonTlsContext: meshTlsContext(offered, []), requireClientCertificate: true })
}

function ownSocket({ ownTls }: InboundPort): TransportSocket | undefined {
  return ownTls === undefined ? undefined : serverTlsSocket(ownTls, { kind: 'files' })
}

/** The chains of one port. `byPort`: several ports share the listener, so the destination port is part of the match. */
export function buildInboundChains(inbound: InboundPort, ip: string, settings: HttpSettings, byPort: boolean): FilterChain[] {
  const target: InboundContent = {
    cluster: inboundClusterName(inbound.port),
    statPrefix: `inbound_0.0.0.0_${inbound.port}`,
    inbound,
    ip,
    settings,
  }
  return buildChains(target, `${inbound.port}`, byPort ? inbound.port : undefined)
}

/** The chains for connections to ports that nobody declared: requests where the bytes look like HTTP, else bytes as they come. */
export function buildPassthroughChains(cluster: string, tls: PeerTls, ip: string, settings: HttpSettings): FilterChain[] {
  const inbound: InboundPort = { port: 0, protocol: 'auto', grpc: false, tls, tunnel: false, service: undefined }
  return buildChains({ cluster, statPrefix: cluster, inbound, ip, settings }, 'passthrough', undefined)
}

interface InboundContent {
  readonly cluster: string
  readonly statPrefix: string
  readonly inbound: InboundPort
  readonly ip: string
  readonly settings: HttpSettings
}

function buildChains(target: InboundContent, name: string, port: number | undefined): FilterChain[] {
  const { inbound } = target
  const shapes = shapesOf(inbound)
  const http = shapes.some(shape => shape.http) ? httpContent(target) : []
  const tcp = shapes.some(shape => !shape.http) ? tcpContent(target) : []
  return shapes.map(shape => buildChain(shape, shape.http ? http : tcp, inbound, port, name))
}

function buildChain(shape: ChainShape, content: Filter[], inbound: InboundPort, port: number | undefined, name: string): FilterChain {
  const match = { ...shape.match, ...(port === undefined ? {} : { destinationPort: port }) }
  return FilterChain.fromPartial({
    name: `${name}-${shape.suffix}`,
    ...(Object.keys(match).length === 0 ? {} : { filterChainMatch: match }),
    filters: content,
    transportSocket: shape.mutualTls ? meshServerSocket(inbound.tunnel) : ownSocket(inbound),
  })
}

function tcpContent({ cluster, statPrefix, settings }: InboundContent): Filter[] {
  return buildTcpFilters(statPrefix, [{ cluster, weight: 1 }], settings, 'inbound')
}

function httpContent({ cluster, statPrefix, inbound, ip, settings }: InboundContent): Filter[] {
  const manager = buildConnectionManager({
    statPrefix,
    routes: { kind: 'inline', table: inboundTable(inbound, cluster, settings) },
    settings,
    place: { kind: 'inbound', ip, port: inbound.port, service: inbound.service },
    edge: false,
    absoluteUrls: false,
    grpc: inbound.grpc,
  })
  return [manager]
}

/** Whatever host a caller names: this is the application that it reached. */
function inboundTable(inbound: InboundPort, cluster: string, settings: HttpSettings): RouteConfiguration {
  const route = {
    name: 'default',
    match: buildRouteMatch(undefined),
    action: { $case: 'route' as const, value: { clusterSpecifier: { $case: 'cluster' as const, value: cluster }, ...timeouts(0) } },
    ...(inbound.service === undefined ? {} : { decorator: { operation: `${inbound.service.host}:${inbound.port}/*` } }),
    typedPerFilterConfig: mixerRoute(inbound, settings),
  }
  return RouteConfiguration.fromPartial({
    name: cluster,
    virtualHosts: [{ name: `inbound|http|${inbound.port}`, domains: ['*'], routes: [route] }],
    validateClusters: false,
  })
}

function mixerRoute(inbound: InboundPort, settings: HttpSettings): Record<string, Any> {
  if (settings.mixer === null || inbound.service === undefined) return {}
  return { [MIXER_FILTER]: buildMixerRoute(settings.mixer, 'inbound', inbound.service) }
}
