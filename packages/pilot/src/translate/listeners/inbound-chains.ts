import { TUNNEL_PROTOCOL } from '@meshwork/core/ids'
import type { TransportSocket } from '@meshwork/protos/envoy/config/core/v3/base'
import { FilterChain, type Filter, type FilterChainMatch } from '@meshwork/protos/envoy/config/listener/v3/listener_components'
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
import type { InboundPort, PeerTls } from './inputs.ts'

/** By these words mesh traffic is told from TLS of the application's own. */
const MESH_PROTOCOLS: readonly string[] = ['istio', 'istio-peer-exchange', 'istio-http/1.0', 'istio-http/1.1', 'istio-h2']
/** Offered to callers. `istio` comes last: it is what remains in common with a caller that offers no HTTP version. */
const OFFERED_PROTOCOLS: readonly string[] = ['h2', 'http/1.1', 'istio']

/** Mutual TLS with a mesh identity; anyone whom the roots vouch for may connect, policy decides what for. */
function meshServerSocket(tunnel: boolean): TransportSocket {
  const offered = tunnel ? [TUNNEL_PROTOCOL, ...OFFERED_PROTOCOLS] : OFFERED_PROTOCOLS
  return downstreamTlsSocket({ commonTlsContext: meshTlsContext(offered, []), requireClientCertificate: true })
}

interface ChainShape {
  readonly suffix: string
  readonly match: Partial<Pick<FilterChainMatch, 'transportProtocol' | 'applicationProtocols'>>
  readonly mutualTls: boolean
}

const MESH_CHAIN: ChainShape = {
  suffix: 'mtls',
  match: { transportProtocol: 'tls', applicationProtocols: [...MESH_PROTOCOLS] },
  mutualTls: true,
}
const ANY_TLS_CHAIN: ChainShape = { suffix: 'mtls', match: { transportProtocol: 'tls' }, mutualTls: true }
/** TLS of the application's own passes unopened. */
const OWN_TLS_CHAIN: ChainShape = { suffix: 'own-tls', match: { transportProtocol: 'tls' }, mutualTls: false }
const PLAIN_CHAIN: ChainShape = { suffix: 'plain', match: { transportProtocol: 'raw_buffer' }, mutualTls: false }
const ANY_CHAIN: ChainShape = { suffix: 'plain', match: {}, mutualTls: false }

/**
 * Envoy narrows chains down condition by condition and never goes back, so a chain for TLS must exist beside the one for TLS
 * with certain protocols: one without any condition would not be found.
 * Permissive ports take mesh traffic with its identity and everything else as it comes (traffic.md 2.4, with quirk 5 mended).
 */
const SHAPES: Readonly<Record<PeerTls, Readonly<Record<'http' | 'tcp', readonly ChainShape[]>>>> = {
  strict: { http: [ANY_TLS_CHAIN], tcp: [ANY_TLS_CHAIN] },
  permissive: { http: [MESH_CHAIN, PLAIN_CHAIN], tcp: [MESH_CHAIN, OWN_TLS_CHAIN, PLAIN_CHAIN] },
  disable: { http: [ANY_CHAIN], tcp: [ANY_CHAIN] },
}

/** Whether a listener with such ports has to look for a TLS hello. */
export function needsTlsInspector(modes: readonly PeerTls[]): boolean {
  return modes.some(mode => mode !== 'disable')
}

/** The chains of one port. `byPort`: several ports share the listener, so the destination port is part of the match. */
export function buildInboundChains(inbound: InboundPort, ip: string, settings: HttpSettings, byPort: boolean): FilterChain[] {
  const content = portContent(inbound, ip, settings)
  return SHAPES[inbound.tls][inbound.protocol].map(shape =>
    buildChain(shape, content, inbound.tunnel, byPort ? inbound.port : undefined, `${inbound.port}`),
  )
}

/** The chains for connections to ports that nobody declared: bytes as they come. */
export function buildPassthroughChains(cluster: string, tls: PeerTls, settings: HttpSettings): FilterChain[] {
  const content = buildTcpFilters(cluster, [{ cluster, weight: 1 }], settings, 'inbound')
  return SHAPES[tls].tcp.map(shape => buildChain(shape, content, false, undefined, 'passthrough'))
}

function buildChain(shape: ChainShape, content: Filter[], tunnel: boolean, port: number | undefined, name: string): FilterChain {
  const match = { ...shape.match, ...(port === undefined ? {} : { destinationPort: port }) }
  return FilterChain.fromPartial({
    name: `${name}-${shape.suffix}`,
    ...(Object.keys(match).length === 0 ? {} : { filterChainMatch: match }),
    filters: content,
    ...(shape.mutualTls ? { transportSocket: meshServerSocket(tunnel) } : {}),
  })
}

function portContent(inbound: InboundPort, ip: string, settings: HttpSettings): Filter[] {
  const cluster = inboundClusterName(inbound.port)
  const statPrefix = `inbound_0.0.0.0_${inbound.port}`
  if (inbound.protocol === 'tcp') return buildTcpFilters(statPrefix, [{ cluster, weight: 1 }], settings, 'inbound')
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
