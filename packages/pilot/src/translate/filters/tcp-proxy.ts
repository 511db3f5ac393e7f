import type { Filter } from '@meshwork/protos/envoy/config/listener/v3/listener_components'
import { TcpProxy } from '@meshwork/protos/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy'
import { packAny } from '@meshwork/protos/any'
import { TCP_PROXY } from '../envoy/messages.ts'
import { buildAccessLogs } from './access-log.ts'
import type { AccessLogSettings, HttpSettings } from './inputs.ts'
import { buildSecurityNetworkFilters } from '../security/security-filters.ts'
import { buildTcpStats } from './istio-metrics.ts'

export interface TcpDestination {
  readonly cluster: string
  /** At least 1. */
  readonly weight: number
}

/** The filters of a chain whose bytes are opaque: metrics where the proxy has them, and the copying to `destinations`, at least one. */
export function buildTcpFilters(
  statPrefix: string,
  destinations: readonly TcpDestination[],
  settings: HttpSettings,
  direction: 'inbound' | 'outbound',
): Filter[] {
  const metrics = settings.istioMetrics ? [buildTcpStats(settings, direction)] : []
  return [...buildSecurityNetworkFilters(settings.security), ...metrics, buildTcpProxy(statPrefix, destinations, settings.accessLog)]
}

function buildTcpProxy(statPrefix: string, destinations: readonly TcpDestination[], accessLog: AccessLogSettings): Filter {
  const [first] = destinations
  const proxy = TcpProxy.fromPartial({
    statPrefix,
    clusterSpecifier:
      destinations.length === 1 && first !== undefined
        ? { $case: 'cluster', value: first.cluster }
        : { $case: 'weightedClusters', value: { clusters: destinations.map(d => ({ name: d.cluster, weight: d.weight })) } },
    accessLog: buildAccessLogs(accessLog),
  })
  return { name: 'envoy.filters.network.tcp_proxy', configType: { $case: 'typedConfig', value: packAny(TCP_PROXY, proxy) } }
}
