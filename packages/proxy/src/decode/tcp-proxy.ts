import { TcpProxy, type TcpProxy_TunnelingConfig } from '@meshwork/protos/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy'
import type { HashPolicy } from '@meshwork/protos/envoy/type/v3/hash_policy'
import type { TcpCluster, TcpProxyConfig } from '../model/listener.ts'
import { decodeAccessLogs } from './access-log.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import { loadBalancerLabels } from './weighted-clusters.ts'
import { sortedCriteria } from '../route/route-target.ts'
import type { Report } from './report.ts'
import { durationMs, required } from './scalars.ts'

const FIELDS: FieldPolicy<TcpProxy> = {
  read: [
    'statPrefix',
    'clusterSpecifier',
    'idleTimeout',
    'maxConnectAttempts',
    'maxDownstreamConnectionDuration',
    'hashPolicy',
    'accessLog',
    'accessLogFlushInterval',
    'flushAccessLogOnConnected',
    'accessLogOptions',
    'metadataMatch',
    'tunnelingConfig',
  ],
  harmless: [],
}

const TUNNEL_FIELDS: FieldPolicy<TcpProxy_TunnelingConfig> = { read: ['hostname'], harmless: [] }

/** TcpProxy.idle_timeout: one hour unless set. */
const DEFAULT_IDLE_MS = 3_600_000

/** `envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy`. */
export function decodeTcpProxy(bytes: Uint8Array, report: Report): TcpProxyConfig {
  const proxy = TcpProxy.decode(bytes)
  refuseOtherFields(proxy, FIELDS, report)
  const interval = proxy.accessLogOptions?.accessLogFlushInterval ?? proxy.accessLogFlushInterval
  if (proxy.maxConnectAttempts === 0) report.at('max_connect_attempts').refuse('out-of-range', 'must be at least 1')
  return {
    kind: 'tcp-proxy',
    statPrefix: proxy.statPrefix,
    clusters: decodeClusters(proxy, report),
    idleTimeoutMs: durationMs(proxy.idleTimeout, DEFAULT_IDLE_MS, report.at('idle_timeout')),
    maxConnectAttempts: proxy.maxConnectAttempts ?? 1,
    maxDurationMs: durationMs(proxy.maxDownstreamConnectionDuration, 0, report.at('max_downstream_connection_duration')),
    hashSourceIp: decodeHashPolicy(proxy.hashPolicy, report.at('hash_policy')),
    tunnelTo: decodeTunnel(proxy.tunnelingConfig, report.at('tunneling_config')),
    logIntervalMs: durationMs(interval, 0, report.at('access_log_options', 'access_log_flush_interval')),
    logOnConnected: proxy.accessLogOptions?.flushAccessLogOnConnected ?? proxy.flushAccessLogOnConnected,
    accessLog: decodeAccessLogs(proxy.accessLog, report),
  }
}

/** A plain CONNECT to a fixed target. The target's text goes into a request, so it must be one word. */
function decodeTunnel(tunnel: TcpProxy_TunnelingConfig | undefined, report: Report): string {
  if (tunnel === undefined) return ''
  refuseOtherFields(tunnel, TUNNEL_FIELDS, report)
  if (!/^[\w.:[\]-]{1,261}$/.test(tunnel.hostname)) report.at('hostname').refuse('bad-host', 'must be host:port, without operators')
  return tunnel.hostname
}

function decodeClusters({ clusterSpecifier, metadataMatch: shared }: TcpProxy, report: Report): readonly TcpCluster[] {
  const labels = loadBalancerLabels(shared)
  if (clusterSpecifier?.$case === 'cluster') {
    return [{ name: required(clusterSpecifier.value, report.at('cluster')), weight: 1, criteria: sortedCriteria(labels) }]
  }
  const inner = report.at('weighted_clusters', 'clusters')
  const clusters = clusterSpecifier?.value.clusters ?? []
  if (clusters.length === 0) report.refuse('required', 'must name a cluster')
  return clusters.map(({ name, weight, metadataMatch }, i) => {
    if (weight === 0) inner.at(i, 'weight').refuse('bad-weight', 'must be at least 1')
    const criteria = sortedCriteria({ ...labels, ...loadBalancerLabels(metadataMatch) })
    return { name: required(name, inner.at(i, 'name')), weight, criteria }
  })
}

/** At most one policy is allowed by the proto's own rule. */
function decodeHashPolicy(policies: readonly HashPolicy[], report: Report): boolean {
  const [policy] = policies
  if (policy?.policySpecifier?.$case === 'filterState') report.at(0, 'filter_state').refuse('unsupported-field', 'is not supported')
  return policy?.policySpecifier?.$case === 'sourceIp'
}
