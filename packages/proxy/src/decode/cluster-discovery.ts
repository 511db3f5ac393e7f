import { type Cluster, Cluster_DiscoveryType, Cluster_DnsLookupFamily } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import type { Address } from '@meshwork/protos/envoy/config/core/v3/address'
import { ClusterConfig as AggregateConfig } from '@meshwork/protos/envoy/extensions/clusters/aggregate/v3/cluster'
import { CaresDnsResolverConfig } from '@meshwork/protos/envoy/extensions/network/dns_resolver/cares/v3/cares_dns_resolver'
import { messageOf } from '@meshwork/core/result'
import type { ClusterConfig, DiscoveryConfig, DnsConfig, LoadAssignment, OriginalDestinationConfig } from '../model/cluster.ts'
import { decodeAddress } from './address.ts'
import { decodeLoadAssignment, EMPTY_ASSIGNMENT } from './load-assignment.ts'
import type { Report } from './report.ts'
import { durationMs } from './scalars.ts'

/** Where the endpoints of a cluster come from. */
export function decodeDiscovery(cluster: Cluster, report: Report): ClusterConfig['discovery'] {
  const type = cluster.clusterDiscoveryType
  if (type?.$case === 'clusterType') return decodeClusterType(cluster, report.at('cluster_type'))
  switch (type?.value ?? Cluster_DiscoveryType.STATIC) {
    case Cluster_DiscoveryType.STATIC:
      return { kind: 'static', load: decodeLoad(cluster, false, report) }
    case Cluster_DiscoveryType.STRICT_DNS:
      return { kind: 'strict-dns', load: decodeLoad(cluster, true, report), dns: decodeDns(cluster, report) }
    case Cluster_DiscoveryType.LOGICAL_DNS: {
      const load = decodeLoad(cluster, true, report)
      if (load.endpoints.length !== 1)
        report.at('load_assignment').refuse('bad-endpoints', 'must have exactly one endpoint for LOGICAL_DNS')
      return { kind: 'logical-dns', load, dns: decodeDns(cluster, report) }
    }
    case Cluster_DiscoveryType.EDS:
      return { kind: 'eds', serviceName: cluster.edsClusterConfig?.serviceName || cluster.name }
    case Cluster_DiscoveryType.ORIGINAL_DST:
      return decodeOriginalDestination(cluster, report)
    default:
      report.at('type').refuse('unknown-type', `discovery type ${type?.value} is not supported`)
      return NOWHERE
  }
}

const NOWHERE: DiscoveryConfig = { kind: 'static', load: { ...EMPTY_ASSIGNMENT, clusterName: '' } }

function decodeLoad(cluster: Cluster, allowNames: boolean, report: Report): LoadAssignment {
  if (cluster.loadAssignment === undefined) return { ...EMPTY_ASSIGNMENT, clusterName: cluster.name }
  return { ...decodeLoadAssignment(cluster.loadAssignment, allowNames, report.at('load_assignment')), clusterName: cluster.name }
}

const AGGREGATE = 'type.googleapis.com/envoy.extensions.clusters.aggregate.v3.ClusterConfig'

function decodeClusterType({ clusterDiscoveryType: type }: Cluster, report: Report): DiscoveryConfig {
  const custom = type?.$case === 'clusterType' ? type.value : undefined
  const config = custom?.typedConfig
  if (config === undefined || config.typeUrl !== AGGREGATE) {
    report.refuse('unknown-type', `'${custom?.name ?? ''}' is not supported`)
    return NOWHERE
  }
  try {
    const { clusters } = AggregateConfig.decode(config.value)
    if (clusters.length === 0) report.at('typed_config', 'clusters').refuse('required', 'must not be empty')
    return { kind: 'aggregate', clusters }
  } catch (error) {
    report.at('typed_config').refuse('malformed', messageOf(error))
    return NOWHERE
  }
}

const DEFAULT_DST_HEADER = 'x-envoy-original-dst-host'
const DEFAULT_CLEANUP_MS = 5000

function decodeOriginalDestination(cluster: Cluster, report: Report): OriginalDestinationConfig {
  const config = cluster.lbConfig?.$case === 'originalDstLbConfig' ? cluster.lbConfig.value : undefined
  const inner = report.at('original_dst_lb_config')
  if (config?.metadataKey !== undefined) inner.at('metadata_key').refuse('unsupported-field', 'is not supported')
  const port = config?.upstreamPortOverride ?? null
  if (port !== null && port > 65_535) inner.at('upstream_port_override').refuse('bad-port', 'must be a port number')
  return {
    kind: 'original-dst',
    header: config?.useHttpHeader === true ? (config.httpHeaderName || DEFAULT_DST_HEADER).toLowerCase() : null,
    portOverride: port,
    cleanupMs: Math.max(1, durationMs(cluster.cleanupInterval, DEFAULT_CLEANUP_MS, report.at('cleanup_interval'))),
  }
}

const FAMILIES: ReadonlyMap<number, DnsConfig['family']> = new Map([
  [Cluster_DnsLookupFamily.AUTO, 'auto'],
  [Cluster_DnsLookupFamily.V4_ONLY, 'v4'],
  [Cluster_DnsLookupFamily.V6_ONLY, 'v6'],
  [Cluster_DnsLookupFamily.V4_PREFERRED, 'v4-preferred'],
  [Cluster_DnsLookupFamily.ALL, 'all'],
])

/** Cluster.dns_refresh_rate: 5 seconds unless set. */
const DEFAULT_REFRESH_MS = 5000

function decodeDns(cluster: Cluster, report: Report): DnsConfig {
  const family = FAMILIES.get(cluster.dnsLookupFamily)
  if (family === undefined) report.at('dns_lookup_family').refuse('unknown-value', `${cluster.dnsLookupFamily} is not a family`)
  const refreshMs = Math.max(1, durationMs(cluster.dnsRefreshRate, DEFAULT_REFRESH_MS, report.at('dns_refresh_rate')))
  const failure = report.at('dns_failure_refresh_rate')
  const baseMs = Math.max(1, durationMs(cluster.dnsFailureRefreshRate?.baseInterval, refreshMs, failure.at('base_interval')))
  // RefreshRate.max_interval: ten times the base unless set.
  const longest = cluster.dnsFailureRefreshRate === undefined ? baseMs : baseMs * 10
  return {
    refreshMs,
    failureRefresh: { baseMs, maxMs: durationMs(cluster.dnsFailureRefreshRate?.maxInterval, longest, failure.at('max_interval')) },
    respectTtl: cluster.respectDnsTtl,
    family: family ?? 'auto',
    servers: decodeServers(cluster, report),
  }
}

const CARES = 'envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig'
const GETADDRINFO = 'envoy.extensions.network.dns_resolver.getaddrinfo.v3.GetAddrInfoDnsResolverConfig'

/** The servers to ask, from the extension or from the older fields. */
function decodeServers(cluster: Cluster, report: Report): readonly string[] {
  const older = cluster.dnsResolutionConfig?.resolvers ?? cluster.dnsResolvers
  const config = cluster.typedDnsResolverConfig?.typedConfig
  const inner = report.at('typed_dns_resolver_config', 'typed_config')
  if (config === undefined) return serversOf(older, report.at('dns_resolvers'))
  if (config.typeUrl.endsWith(`/${GETADDRINFO}`)) return []
  if (!config.typeUrl.endsWith(`/${CARES}`)) {
    inner.refuse('unknown-type', `${config.typeUrl} is not supported`)
    return []
  }
  try {
    return serversOf(CaresDnsResolverConfig.decode(config.value).resolvers, inner.at('resolvers'))
  } catch (error) {
    inner.refuse('malformed', messageOf(error))
    return []
  }
}

function serversOf(addresses: readonly Address[], report: Report): readonly string[] {
  return addresses.flatMap((address, i) => {
    const decoded = decodeAddress(udpAsTcp(address), false, report.at(i))
    if (decoded.kind === 'tcp')
      return [decoded.host.includes(':') ? `[${decoded.host}]:${decoded.port}` : `${decoded.host}:${decoded.port}`]
    report.at(i).refuse('bad-address', 'must be a socket address')
    return []
  })
}

/** Servers may be given with either protocol. */
function udpAsTcp(address: Address): Address {
  if (address.address?.$case !== 'socketAddress') return address
  return { address: { $case: 'socketAddress', value: { ...address.address.value, protocol: 0 } } }
}
