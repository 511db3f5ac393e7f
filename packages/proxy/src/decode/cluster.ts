import type { CircuitBreakers, CircuitBreakers_Thresholds } from '@meshwork/protos/envoy/config/cluster/v3/circuit_breaker'
import { type Cluster, Cluster_DiscoveryType, Cluster_LbPolicy } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import { RoutingPriority } from '@meshwork/protos/envoy/config/core/v3/base'
import type { CircuitLimits, ClusterConfig, TransportSocketMatch } from '../model/cluster.ts'
import { decodeClusterProtocol } from './cluster-protocol.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import { decodeLoadAssignment } from './load-assignment.ts'
import type { Report } from './report.ts'
import { durationMs, filterMetadata, required } from './scalars.ts'
import { decodeUpstreamSocket } from './tls-context.ts'

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
    'upstreamConnectionOptions',
    'preconnectPolicy',
    'dnsRefreshRate',
    'dnsFailureRefreshRate',
    'respectDnsTtl',
    'dnsLookupFamily',
    'typedDnsResolverConfig',
    'cleanupInterval',
    // Our clusters always warm before use.
    'waitForWarmOnInit',
    // Without active health checks there is nothing to act on.
    'closeConnectionsOnHostHealthFailure',
    'ignoreHealthOnHostRemoval',
  ],
}

/** Cluster.connect_timeout: 5 seconds unless set. */
const DEFAULT_CONNECT_TIMEOUT_MS = 5000

/** `envoy.config.cluster.v3.Cluster`. */
export function decodeCluster(cluster: Cluster, report: Report): ClusterConfig {
  refuseOtherFields(cluster, FIELDS, report)
  refuseUnsupportedBalancing(cluster, report)
  refuseNetworkFilters(cluster, report)
  return {
    name: required(cluster.name, report.at('name')),
    discovery: decodeDiscovery(cluster, report),
    loadBalancer: decodeLoadBalancer(cluster, report),
    connectTimeoutMs: durationMs(cluster.connectTimeout, DEFAULT_CONNECT_TIMEOUT_MS, report.at('connect_timeout')),
    sourceAddress: cluster.upstreamBindConfig?.sourceAddress?.address || null,
    ...decodeClusterProtocol(cluster, report),
    limits: decodeLimits(cluster.circuitBreakers, report.at('circuit_breakers')),
    transportSockets: decodeSockets(cluster, report),
    metadata: filterMetadata(cluster.metadata),
  }
}

function decodeDiscovery(cluster: Cluster, report: Report): ClusterConfig['discovery'] {
  const type = cluster.clusterDiscoveryType
  if (type?.$case === 'clusterType') report.at('cluster_type').refuse('unknown-type', `'${type.value.name}' is not supported`)
  const kind = type?.$case === 'type' ? type.value : Cluster_DiscoveryType.STATIC
  const inner = report.at('load_assignment')
  const load = (allowNames: boolean): ReturnType<typeof decodeLoadAssignment> =>
    cluster.loadAssignment === undefined
      ? { clusterName: cluster.name, endpoints: [] }
      : { ...decodeLoadAssignment(cluster.loadAssignment, allowNames, inner), clusterName: cluster.name }
  switch (kind) {
    case Cluster_DiscoveryType.STATIC:
      return { kind: 'static', load: load(false) }
    case Cluster_DiscoveryType.STRICT_DNS:
    // Envoy keeps to one of the addresses of such a name; using all of them reaches the same service.
    case Cluster_DiscoveryType.LOGICAL_DNS:
      return { kind: 'strict-dns', load: load(true) }
    case Cluster_DiscoveryType.EDS:
      return { kind: 'eds', serviceName: cluster.edsClusterConfig?.serviceName || cluster.name }
    case Cluster_DiscoveryType.ORIGINAL_DST:
      return { kind: 'original-dst' }
    default:
      report.at('type').refuse('unknown-type', `discovery type ${kind} is not supported`)
      return { kind: 'static', load: { clusterName: cluster.name, endpoints: [] } }
  }
}

const BALANCERS: ReadonlyMap<number, ClusterConfig['loadBalancer']> = new Map([
  [Cluster_LbPolicy.ROUND_ROBIN, 'round-robin'],
  [Cluster_LbPolicy.LEAST_REQUEST, 'least-request'],
  [Cluster_LbPolicy.RANDOM, 'random'],
  // For original-destination clusters, whose one host is where the client wanted to go.
  [Cluster_LbPolicy.CLUSTER_PROVIDED, 'round-robin'],
])

function decodeLoadBalancer(cluster: Cluster, report: Report): ClusterConfig['loadBalancer'] {
  const balancer = BALANCERS.get(cluster.lbPolicy)
  if (balancer === undefined) report.at('lb_policy').refuse('unsupported-balancer', `policy ${cluster.lbPolicy} is not supported`)
  return balancer ?? 'round-robin'
}

/** Panic thresholds and update windows are accepted: they change when, not where. Slow start and locality weights are not. */
function refuseUnsupportedBalancing({ lbConfig, commonLbConfig }: Cluster, report: Report): void {
  if (lbConfig?.$case === 'leastRequestLbConfig' || lbConfig?.$case === 'roundRobinLbConfig') {
    if (lbConfig.value.slowStartConfig !== undefined)
      report.at('lb_config', 'slow_start_config').refuse('unsupported-field', 'is not supported')
  } else if (lbConfig !== undefined) report.at('lb_config').refuse('unsupported-field', `'${lbConfig.$case}' is not supported`)
  if (commonLbConfig?.localityConfigSpecifier?.$case === 'localityWeightedLbConfig') {
    report.at('common_lb_config', 'locality_weighted_lb_config').refuse('unsupported-field', 'is not supported')
  }
}

/** Istio puts its metadata exchange before TCP clusters; without it, only telemetry of the far side knows less. */
const HARMLESS_FILTERS: ReadonlySet<string> = new Set(['istio.metadata_exchange', 'envoy.filters.network.upstream.metadata_exchange'])

function refuseNetworkFilters({ filters }: Cluster, report: Report): void {
  for (const [i, { name }] of filters.entries()) {
    if (!HARMLESS_FILTERS.has(name)) report.at('filters', i).refuse('unknown-type', `'${name}' is not supported`)
  }
}

/** Defaults of CircuitBreakers.Thresholds. */
const DEFAULT_LIMITS: CircuitLimits = { maxConnections: 1024, maxPendingRequests: 1024, maxRequests: 1024, maxRetries: 3 }

const THRESHOLD_FIELDS: FieldPolicy<CircuitBreakers_Thresholds> = {
  read: ['priority', 'maxConnections', 'maxPendingRequests', 'maxRequests', 'maxRetries'],
  harmless: ['trackRemaining', 'maxConnectionPools'],
}

/** Only the default priority exists: routes with another are refused. */
function decodeLimits(breakers: CircuitBreakers | undefined, report: Report): CircuitLimits {
  if (breakers === undefined) return DEFAULT_LIMITS
  if (breakers.perHostThresholds.length > 0) report.at('per_host_thresholds').refuse('unsupported-field', 'is not supported')
  const index = breakers.thresholds.findIndex(({ priority }) => priority === RoutingPriority.DEFAULT)
  const found = breakers.thresholds[index]
  if (found === undefined) return DEFAULT_LIMITS
  refuseOtherFields(found, THRESHOLD_FIELDS, report.at('thresholds', index))
  return {
    maxConnections: found.maxConnections ?? DEFAULT_LIMITS.maxConnections,
    maxPendingRequests: found.maxPendingRequests ?? DEFAULT_LIMITS.maxPendingRequests,
    maxRequests: found.maxRequests ?? DEFAULT_LIMITS.maxRequests,
    maxRetries: found.maxRetries ?? DEFAULT_LIMITS.maxRetries,
  }
}

/** The conditional sockets in order, then the unconditional one, which matches what is left. */
function decodeSockets(cluster: Cluster, report: Report): readonly TransportSocketMatch[] {
  const conditional = cluster.transportSocketMatches.map((match, i): TransportSocketMatch => {
    const inner = report.at('transport_socket_matches', i)
    return {
      name: match.name,
      criteria: criteriaOf(match.match ?? {}, inner.at('match')),
      tls: decodeUpstreamSocket(match.transportSocket, inner.at('transport_socket')),
    }
  })
  if (cluster.transportSocket === undefined) return conditional
  return [
    ...conditional,
    { name: 'default', criteria: {}, tls: decodeUpstreamSocket(cluster.transportSocket, report.at('transport_socket')) },
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
