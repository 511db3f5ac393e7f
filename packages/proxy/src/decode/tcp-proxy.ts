import { TcpProxy } from '@meshwork/protos/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy'
import type { TcpProxyConfig } from '../model/listener.ts'
import type { WeightedCluster } from '../model/route.ts'
import { decodeAccessLogs } from './access-log.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import { NO_HEADER_MUTATIONS } from './header-mutations.ts'
import type { Report } from './report.ts'
import { durationMs, required } from './scalars.ts'

const FIELDS: FieldPolicy<TcpProxy> = {
  read: ['statPrefix', 'clusterSpecifier', 'idleTimeout', 'accessLog'],
  harmless: [
    // Only hashing balancers read it, and clusters with those are refused.
    'hashPolicy',
    'accessLogFlushInterval',
    'flushAccessLogOnConnected',
    'accessLogOptions',
  ],
}

/** TcpProxy.idle_timeout: one hour unless set. */
const DEFAULT_IDLE_MS = 3_600_000

export function decodeTcpProxy(bytes: Uint8Array, report: Report): TcpProxyConfig {
  const proxy = TcpProxy.decode(bytes)
  refuseOtherFields(proxy, FIELDS, report)
  return {
    kind: 'tcp-proxy',
    statPrefix: proxy.statPrefix,
    clusters: decodeClusters(proxy.clusterSpecifier, report),
    idleTimeoutMs: durationMs(proxy.idleTimeout, DEFAULT_IDLE_MS, report.at('idle_timeout')),
    accessLog: decodeAccessLogs(proxy.accessLog, report),
  }
}

function decodeClusters(specifier: TcpProxy['clusterSpecifier'], report: Report): readonly WeightedCluster[] {
  if (specifier?.$case === 'cluster') return [weighted(required(specifier.value, report.at('cluster')), 1)]
  const inner = report.at('weighted_clusters')
  const clusters = specifier?.value.clusters ?? []
  if (clusters.length === 0) report.refuse('required', 'must name a cluster')
  return clusters.map(({ name, weight, metadataMatch }, i) => {
    if (metadataMatch !== undefined) inner.at('clusters', i, 'metadata_match').refuse('unsupported-field', 'is not supported')
    if (weight === 0) inner.at('clusters', i, 'weight').refuse('bad-weight', 'must be at least 1')
    return weighted(required(name, inner.at('clusters', i, 'name')), weight)
  })
}

function weighted(name: string, weight: number): WeightedCluster {
  return { name, weight, headers: NO_HEADER_MUTATIONS, perFilter: new Map(), fromHeader: null, hostRewrite: null, metadataMatch: {} }
}
