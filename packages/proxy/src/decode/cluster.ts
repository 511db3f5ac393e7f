import type { Cluster, UpstreamConnectionOptions } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import type { BindConfig } from '@meshwork/protos/envoy/config/core/v3/address'
import type { ClusterConfig, TransportSocketMatch } from '../model/cluster.ts'
import type { TcpKeepAlive } from '../model/tcp-keep-alive.ts'
import { decodeCircuitBreakers } from './circuit-breakers.ts'
import { decodeBalancing } from './cluster-balancing.ts'
import { decodeDiscovery } from './cluster-discovery.ts'
import { decodeClusterProtocol } from './cluster-protocol.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import { decodeHealthChecks } from './health-check.ts'
import { decodeOutlierDetection } from './outlier-detection.ts'
import { decodePreconnect } from './preconnect.ts'
import type { Report } from './report.ts'
import { durationMs, filterMetadata, required } from './scalars.ts'
import { decodeUpstreamSocket } from './upstream-socket.ts'

const FIELDS: FieldPolicy<Cluster> = {
  read: [
    'name',
    'transportSocketMatches',
    'clusterDiscoveryType',
    'edsClusterConfig',
    'connectTimeout',
    'lbPolicy',
    'lbConfig',
    'loadAssignment',
    'maxRequestsPerConnection',
    'circuitBreakers',
    'commonHttpProtocolOptions',
    'httpProtocolOptions',
    'http2ProtocolOptions',
    'protocolSelection',
    'typedExtensionProtocolOptions',
    'commonLbConfig',
    'upstreamBindConfig',
    'transportSocket',
    'metadata',
    'filters',
    'upstreamConnectionOptions',
    'upstreamHttpProtocolOptions',
    'lbSubsetConfig',
    'loadBalancingPolicy',
    'dnsRefreshRate',
    'dnsFailureRefreshRate',
    'respectDnsTtl',
    'dnsLookupFamily',
    'dnsResolvers',
    'dnsResolutionConfig',
    'typedDnsResolverConfig',
    'cleanupInterval',
    'healthChecks',
    'closeConnectionsOnHostHealthFailure',
    'ignoreHealthOnHostRemoval',
    'outlierDetection',
    'preconnectPolicy',
  ],
  harmless: [
    // Statistics.
    'altStatName',
    'trackClusterStats',
    'trackTimeoutBudgets',
    'lrsServer',
    'lrsReportEndpointMetrics',
    // Tuning of sockets and of DNS.
    'perConnectionBufferLimitBytes',
    'useTcpForDnsLookups',
    // Our clusters always warm before use.
    'waitForWarmOnInit',
  ],
}

/** Cluster.connect_timeout: 5 seconds unless set. */
const DEFAULT_CONNECT_TIMEOUT_MS = 5000

/** `envoy.config.cluster.v3.Cluster`. */
export function decodeCluster(cluster: Cluster, report: Report): ClusterConfig {
  refuseOtherFields(cluster, FIELDS, report)
  refuseNetworkFilters(cluster, report)
  refuseOtherBinding(cluster.upstreamBindConfig, report.at('upstream_bind_config'))
  const protocol = decodeClusterProtocol(cluster, report)
  return {
    name: required(cluster.name, report.at('name')),
    discovery: decodeDiscovery(cluster, report),
    ...decodeBalancing(cluster, report),
    connectTimeoutMs: durationMs(cluster.connectTimeout, DEFAULT_CONNECT_TIMEOUT_MS, report.at('connect_timeout')),
    sourceAddress: cluster.upstreamBindConfig?.sourceAddress?.address || null,
    ...protocol,
    ...decodeCircuitBreakers(cluster.circuitBreakers, report.at('circuit_breakers')),
    tcpKeepAlive: decodeKeepAlive(cluster.upstreamConnectionOptions, report.at('upstream_connection_options')),
    healthCheck: decodeHealthChecks(cluster.healthChecks, protocol.protocol === 'http2', report.at('health_checks')),
    ignoreHealthOnRemoval: cluster.ignoreHealthOnHostRemoval,
    closeOnHostFailure: cluster.closeConnectionsOnHostHealthFailure,
    outlier: decodeOutlierDetection(cluster.outlierDetection, report.at('outlier_detection')),
    preconnect: decodePreconnect(cluster.preconnectPolicy, report.at('preconnect_policy')),
    transportSockets: decodeSockets(cluster, report),
    metadata: filterMetadata(cluster.metadata),
  }
}

const BIND_FIELDS: FieldPolicy<BindConfig> = { read: ['sourceAddress'], harmless: ['freebind'] }

function refuseOtherBinding(bind: BindConfig | undefined, report: Report): void {
  if (bind !== undefined) refuseOtherFields(bind, BIND_FIELDS, report)
}

const CONNECTION_FIELDS: FieldPolicy<UpstreamConnectionOptions> = { read: ['tcpKeepalive'], harmless: [] }

/** A zero in any of its fields switches it off (core.v3.TcpKeepalive). */
function decodeKeepAlive(options: UpstreamConnectionOptions | undefined, report: Report): TcpKeepAlive | null {
  if (options === undefined) return null
  refuseOtherFields(options, CONNECTION_FIELDS, report)
  if (options.tcpKeepalive === undefined) return null
  const { keepaliveTime: idleS = null, keepaliveInterval: intervalS = null, keepaliveProbes: probes = null } = options.tcpKeepalive
  return idleS === 0 || intervalS === 0 || probes === 0 ? null : { idleS, intervalS, probes }
}

function refuseNetworkFilters({ filters }: Cluster, report: Report): void {
  for (const [i, { name }] of filters.entries()) {
    report.at('filters', i).refuse('unknown-type', `'${name}' is not supported`)
  }
}

/** The conditional sockets in order, then the unconditional one, which matches what is left. */
function decodeSockets(cluster: Cluster, report: Report): readonly TransportSocketMatch[] {
  const conditional = cluster.transportSocketMatches.map((match, i): TransportSocketMatch => {
    const inner = report.at('transport_socket_matches', i)
    return {
      name: match.name,
      criteria: criteriaOf(match.match ?? {}, inner.at('match')),
      ...decodeUpstreamSocket(match.transportSocket, inner.at('transport_socket')),
    }
  })
  if (cluster.transportSocket === undefined) return conditional
  return [
    ...conditional,
    { name: 'default', criteria: {}, ...decodeUpstreamSocket(cluster.transportSocket, report.at('transport_socket')) },
  ]
}

function criteriaOf(match: Readonly<Record<string, unknown>>, report: Report): Readonly<Record<string, string>> {
  const criteria: Record<string, string> = {}
  for (const [key, value] of Object.entries(match)) {
    if (typeof value === 'string') criteria[key] = value
    else report.at(key).refuse('unsupported-match', 'must be a text')
  }
  return criteria
}
