import {
  Cluster,
  Cluster_CommonLbConfig,
  Cluster_DiscoveryType,
  Cluster_DnsLookupFamily,
  Cluster_LbPolicy,
} from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import { encodeWith } from '@meshwork/protos/encode-message'
import type { CallerPlace } from '../endpoints/locality-order.ts'
import { buildLoadAssignment } from '../endpoints/encode-load-assignment.ts'
import { duration } from '../envoy/duration.ts'
import { ADS_SOURCE } from '../envoy/sds.ts'
import { writeFilterMetadata } from '../envoy/write-metadata.ts'
import { outboundClusterName, serverNameOfCluster } from './cluster-name.ts'
import { buildCircuitBreakers, buildKeepalive } from './connection-pool.ts'
import { buildHttpOptions, speaksHttp2 } from './http-options.ts'
import type { OutboundClusterInputs } from './inputs.ts'
import { buildBalancer } from './load-balancer.ts'
import { buildOutlierDetection } from './outlier-detection.ts'
import { buildTransportSocket } from './transport-socket.ts'
import { mayTunnel } from './tunnel.ts'

/** `fromPartial` copies what it is given, and again at every level above; the parts here are whole and are taken as they are. */
const EMPTY_CLUSTER = Cluster.fromPartial({})
const EMPTY_LB_CONFIG = Cluster_CommonLbConfig.fromPartial({})
/** Field 25, `metadata`. */
const METADATA = 202

/** The cluster of one port of a service, or of one of its subsets. */
export function encodeOutboundCluster(inputs: OutboundClusterInputs): Uint8Array {
  // Made first, as parts of it are encoded meanwhile, and the writer serves one at a time.
  const message = withoutMetadata(inputs)
  return encodeWith(writer => {
    Cluster.encode(message, writer)
    writeFilterMetadata('istio', clusterMetadata(inputs), writer.uint32(METADATA).fork()).join()
  })
}

function withoutMetadata(inputs: OutboundClusterInputs): Cluster {
  const { service, port, subset, settings, mesh } = inputs
  const pool = settings.connectionPool
  const outlier = settings.outlierDetection
  return {
    ...EMPTY_CLUSTER,
    name: outboundClusterName(port.number, subset, service.hostname),
    ...discovery(inputs),
    connectTimeout: duration(pool?.tcp?.connectTimeoutMs ?? mesh.connectTimeoutMs),
    circuitBreakers: buildCircuitBreakers(pool, settings.retryBudget),
    upstreamConnectionOptions: buildKeepalive(pool),
    typedExtensionProtocolOptions: buildHttpOptions(port.protocol, settings, service.serviceAccounts),
    ...(outlier === undefined ? {} : { outlierDetection: buildOutlierDetection(outlier) }),
    commonLbConfig: {
      ...EMPTY_LB_CONFIG,
      ...(outlier === undefined ? {} : { healthyPanicThreshold: { value: outlier.minHealthPercent ?? 0 } }),
      ...(sharesByLocality(inputs.caller) ? { localityConfigSpecifier: { $case: 'localityWeightedLbConfig', value: {} } } : {}),
    },
    ...buildTransportSocket({
      tls: settings.tls,
      automatic: automaticTls(inputs),
      proxyProtocol: settings.proxyProtocol,
      http2: speaksHttp2(port.protocol, pool),
      credential: inputs.credential,
      tunnel: inputs.meshwork && mayTunnel(port.protocol, pool),
      meshSni: serverNameOfCluster(port.number, subset, service.hostname),
      serviceAccounts: inputs.serviceAccounts,
      statedNames: service.serviceAccounts,
    }),
  }
}

function goesToOriginalDestination({ service, settings }: OutboundClusterInputs): boolean {
  return service.resolution === 'none' || settings.loadBalancer?.simple === 'PASSTHROUGH'
}

/** An original destination has no metadata by which to choose, so there mutual TLS is for a service whose every endpoint takes it. */
function automaticTls(inputs: OutboundClusterInputs): 'by-endpoint' | 'always' | 'never' {
  if (!inputs.mesh.enableAutoMtls || inputs.service.external) return 'never'
  if (!goesToOriginalDestination(inputs)) return 'by-endpoint'
  return inputs.allTakeMutualTls ? 'always' : 'never'
}

/** Shares of localities would spoil what a balancer does, so they count only where a rule speaks of localities. */
function sharesByLocality(caller: CallerPlace | undefined): boolean {
  if (caller === undefined) return false
  const { distribute, failover, failoverPriority } = caller.setting
  return distribute.length > 0 || (caller.failover && failover.length + failoverPriority.length > 0)
}

/** How the cluster finds its endpoints, and chooses among them: the two go together, as ORIGINAL_DST has no choice. */
function discovery(inputs: OutboundClusterInputs): Partial<Cluster> {
  const { service, port, subset, settings } = inputs
  const name = outboundClusterName(port.number, subset, service.hostname)
  if (goesToOriginalDestination(inputs)) {
    return {
      clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.ORIGINAL_DST },
      lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
    }
  }
  const balancer = buildBalancer(settings.loadBalancer)
  if (service.resolution === 'static') {
    return {
      clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.EDS },
      edsClusterConfig: { edsConfig: ADS_SOURCE, serviceName: name },
      ...balancer,
    }
  }
  // A logical host is one name; proxies refuse more.
  const logical = service.resolution === 'dns-round-robin' && inputs.dnsEndpoints.length === 1
  const type = logical ? Cluster_DiscoveryType.LOGICAL_DNS : Cluster_DiscoveryType.STRICT_DNS
  return {
    clusterDiscoveryType: { $case: 'type', value: type },
    dnsLookupFamily: Cluster_DnsLookupFamily.V4_ONLY,
    dnsRefreshRate: duration(inputs.mesh.dnsRefreshRateMs),
    respectDnsTtl: true,
    loadAssignment: buildLoadAssignment({
      cluster: name,
      endpoints: inputs.dnsEndpoints,
      caller: inputs.caller,
    }),
    ...balancer,
  }
}

function clusterMetadata(inputs: OutboundClusterInputs): Record<string, unknown> {
  const { service, rule, subset, port } = inputs
  return {
    default_original_port: port.number,
    services: [{ host: service.hostname, name: service.name, namespace: service.namespace }],
    ...(subset === '' ? {} : { subset }),
    ...(rule === undefined
      ? {}
      : { config: `/apis/networking.istio.io/v1/namespaces/${rule.meta.namespace}/destination-rule/${rule.meta.name}` }),
  }
}
