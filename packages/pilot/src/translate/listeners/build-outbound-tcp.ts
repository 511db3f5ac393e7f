import type { Listener } from '@meshwork/protos/envoy/config/listener/v3/listener'
import { FilterChain } from '@meshwork/protos/envoy/config/listener/v3/listener_components'
import { cidrRange } from '../envoy/cidr.ts'
import { duration } from '../envoy/duration.ts'
import { buildConnectionManager } from '../filters/connection-manager.ts'
import { buildMongoProxy } from '../filters/mongo-proxy.ts'
import { buildTcpFilters } from '../filters/tcp-proxy.ts'
import type { OutboundTcpInputs, TcpWay } from './inputs.ts'
import { DETECTION_TIMEOUT_MS, httpInspector, listenerAt, placeName, tlsInspector } from './listener-base.ts'

/** What the HTTP inspector says of connections that begin like HTTP. */
const HTTP_PROTOCOLS: readonly string[] = ['http/1.0', 'http/1.1', 'h2c']

export function buildOutboundTcp(inputs: OutboundTcpInputs): Listener {
  const listener = listenerAt(inputs.place, 'outbound')
  const chains = inputs.ways.filter(isConditional).map(way => tcpChain(inputs, way))
  const rest = inputs.ways.find(way => !isConditional(way))
  // Envoy narrows chains down condition by condition and never goes back; only the default chain is found from anywhere.
  const last = rest ?? (inputs.otherwise === null ? undefined : wayTo(inputs.otherwise))
  const fallback = last === undefined ? {} : { defaultFilterChain: tcpChain(inputs, last) }
  const bySni = inputs.ways.some(way => way.serverNames.length > 0)
  if (inputs.detectHttp === null) {
    if (chains.length === 0 && rest !== undefined) return { ...listener, filterChains: [tcpChain(inputs, rest)] }
    return { ...listener, ...fallback, filterChains: chains, listenerFilters: bySni ? [tlsInspector()] : [] }
  }
  return {
    ...listener,
    ...fallback,
    listenerFilters: [tlsInspector(), httpInspector()],
    filterChains: [httpChain(inputs, inputs.detectHttp), ...chains],
    // Who waits for the server to speak first says nothing: then it is not HTTP.
    continueOnListenerFiltersTimeout: true,
    listenerFiltersTimeout: duration(DETECTION_TIMEOUT_MS),
  }
}

function wayTo(cluster: string): TcpWay {
  return { serverNames: [], subnets: [], destinations: [{ cluster, weight: 1 }] }
}

function isConditional(way: TcpWay): boolean {
  return way.serverNames.length > 0 || way.subnets.length > 0
}

function tcpChain(inputs: OutboundTcpInputs, way: TcpWay): FilterChain {
  const statPrefix = `outbound_${placeName(inputs.place)}`
  const counted = inputs.mongo === true ? [buildMongoProxy(statPrefix)] : []
  return FilterChain.fromPartial({
    ...(isConditional(way) ? { filterChainMatch: { serverNames: [...way.serverNames], prefixRanges: way.subnets.map(cidrRange) } } : {}),
    filters: [...counted, ...buildTcpFilters(statPrefix, way.destinations, inputs.settings, 'outbound')],
  })
}

function httpChain(inputs: OutboundTcpInputs, routeName: string): FilterChain {
  const manager = buildConnectionManager({
    statPrefix: `outbound_${placeName(inputs.place)}`,
    routes: { kind: 'rds', name: routeName },
    settings: inputs.settings,
    place: { kind: 'outbound' },
    edge: false,
    absoluteUrls: false,
    grpc: false,
  })
  return FilterChain.fromPartial({
    filterChainMatch: { transportProtocol: 'raw_buffer', applicationProtocols: [...HTTP_PROTOCOLS] },
    filters: [manager],
  })
}
