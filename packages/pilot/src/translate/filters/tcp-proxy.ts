import type { Filter } from '@meshwork/protos/envoy/config/listener/v3/listener_components'
import type { TunnelSettings } from '@meshwork/config/kinds'
import {
  type DeepPartial,
  TcpProxy,
  type TcpProxy_TunnelingConfig,
} from '@meshwork/protos/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy'
import { packAny } from '@meshwork/protos/any'
import { BLACK_HOLE_CLUSTER } from '../clusters/cluster-name.ts'
import { duration } from '../envoy/duration.ts'
import { TCP_PROXY } from '../envoy/messages.ts'
import { buildAccessLogs } from './access-log.ts'
import type { AccessLogSettings, HttpSettings } from './inputs.ts'
import { buildSecurityNetworkFilters } from '../security/security-filters.ts'
import { buildTcpStats } from './istio-metrics.ts'

/** How connections to a destination are kept. Durations in milliseconds. */
export interface TcpTuning {
  /** Without bytes in either direction; 0 for ever. */
  readonly idleTimeoutMs?: number
  readonly maxDurationMs?: number
  /** Connections from one address go to one endpoint. */
  readonly hashSourceIp?: boolean
  /** The destination is an HTTP proxy that is asked for a connection to the target. */
  readonly tunnel?: TunnelSettings
  /** The proxy cannot do what the rule asks for, so it must not connect at all. */
  readonly closed?: boolean
}

export interface TcpDestination {
  readonly cluster: string
  /** At least 1. */
  readonly weight: number
  /** Of several destinations the first one's counts. */
  readonly tuning?: TcpTuning
}

/** The filters of a chain whose bytes are opaque: metrics where the proxy has them, and the copying to `destinations`, at least one. */
export function buildTcpFilters(
  statPrefix: string,
  destinations: readonly TcpDestination[],
  settings: HttpSettings,
  direction: 'inbound' | 'outbound',
): Filter[] {
  const metrics = settings.istioMetrics ? [buildTcpStats(settings, direction)] : []
  return [...buildSecurityNetworkFilters(settings.security), ...metrics, buildTcpProxy(statPrefix, destinations, settings.accessLogs)]
}

function buildTcpProxy(statPrefix: string, wanted: readonly TcpDestination[], accessLogs: readonly AccessLogSettings[]): Filter {
  const destinations = wanted.map(one => (one.tuning?.closed === true ? { ...one, cluster: BLACK_HOLE_CLUSTER } : one))
  const [first] = destinations
  const proxy = TcpProxy.fromPartial({
    statPrefix,
    clusterSpecifier:
      destinations.length === 1 && first !== undefined
        ? { $case: 'cluster', value: first.cluster }
        : { $case: 'weightedClusters', value: { clusters: destinations.map(d => ({ name: d.cluster, weight: d.weight })) } },
    accessLog: buildAccessLogs(accessLogs),
    ...tuned(first?.tuning),
  })
  return { name: 'envoy.filters.network.tcp_proxy', configType: { $case: 'typedConfig', value: packAny(TCP_PROXY, proxy) } }
}

function tuned(tuning: TcpTuning = {}): DeepPartial<TcpProxy> {
  const { idleTimeoutMs, maxDurationMs, hashSourceIp, tunnel } = tuning
  return {
    ...(idleTimeoutMs === undefined ? {} : { idleTimeout: duration(idleTimeoutMs) }),
    ...(maxDurationMs === undefined ? {} : { maxDownstreamConnectionDuration: duration(maxDurationMs) }),
    ...(hashSourceIp === true ? { hashPolicy: [{ policySpecifier: { $case: 'sourceIp', value: {} } }] } : {}),
    ...(tunnel === undefined ? {} : { tunnelingConfig: tunnelOf(tunnel) }),
  }
}

/** Whether the tunnel is a POST request; CONNECT otherwise. */
export function isPost({ protocol = '' }: TunnelSettings): boolean {
  return protocol.toUpperCase() === 'POST'
}

/** CONNECT unless the rule says POST (Istio's documentation of `tunnel.protocol`). */
function tunnelOf(tunnel: TunnelSettings): DeepPartial<TcpProxy_TunnelingConfig> {
  const { targetHost, targetPort } = tunnel
  return { hostname: `${targetHost}:${targetPort}`, usePost: isPost(tunnel) }
}
