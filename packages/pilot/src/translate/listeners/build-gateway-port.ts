import type { Listener } from '@meshwork/protos/envoy/config/listener/v3/listener'
import { type Filter, FilterChain } from '@meshwork/protos/envoy/config/listener/v3/listener_components'
import { BLACK_HOLE_CLUSTER } from '../clusters/cluster-name.ts'
import { buildConnectionManager } from '../filters/connection-manager.ts'
import { buildTcpFilters } from '../filters/tcp-proxy.ts'
import { serverTlsSocket } from './server-tls.ts'
import type { GatewayPortInputs, GatewayServerInputs } from './inputs.ts'
import { listenerAt, placeName, tlsInspector } from './listener-base.ts'

/** One port of a gateway. Servers with TLS are told apart by SNI. */
export function buildGatewayPort(inputs: GatewayPortInputs): Listener {
  const byTls = inputs.servers.some(server => server.tls !== undefined)
  return {
    ...listenerAt(inputs.place, 'outbound'),
    listenerFilters: byTls ? [tlsInspector()] : [],
    filterChains: inputs.servers.map(server => buildChain(inputs, server)),
  }
}

function buildChain(inputs: GatewayPortInputs, server: GatewayServerInputs): FilterChain {
  const { tls, credential, serverNames } = server
  const socket = tls === undefined ? undefined : serverTlsSocket(tls, credential)
  const closed = tls !== undefined && credential.kind === 'missing'
  return FilterChain.fromPartial({
    ...(serverNames.length === 0 ? {} : { filterChainMatch: { serverNames: [...serverNames] } }),
    filters: closed ? closingFilters(inputs) : contentFilters(inputs, server),
    ...(socket === undefined ? {} : { transportSocket: socket }),
  })
}

/** Nobody is behind this: the connection ends before the first byte of a handshake. */
function closingFilters(inputs: GatewayPortInputs): Filter[] {
  return buildTcpFilters(BLACK_HOLE_CLUSTER, [{ cluster: BLACK_HOLE_CLUSTER, weight: 1 }], inputs.settings, 'outbound')
}

function contentFilters(inputs: GatewayPortInputs, { content }: GatewayServerInputs): Filter[] {
  const statPrefix = `outbound_${placeName(inputs.place)}`
  if (content.kind === 'tcp') return buildTcpFilters(statPrefix, content.destinations, inputs.settings, 'outbound')
  const manager = buildConnectionManager({
    statPrefix,
    routes: { kind: 'rds', name: content.routeName },
    settings: inputs.settings,
    place: { kind: 'outbound' },
    edge: true,
    absoluteUrls: false,
    grpc: false,
  })
  return [manager]
}
