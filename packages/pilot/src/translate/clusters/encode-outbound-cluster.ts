import {
  Cluster,
  Cluster_CommonLbConfig,
  Cluster_DiscoveryType,
  Cluster_DnsLookupFamily,
  Cluster_EdsClusterConfig,
  Cluster_LbPolicy,
} from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import { encodeMessage, encodeWith } from '@meshwork/protos/encode-message'
import { Remembered } from '../../snapshot/remembered.ts'
import type { CallerPlace } from '../endpoints/locality-order.ts'
import { encodeLoadAssignment } from '../endpoints/encode-load-assignment.ts'
import type { LoadAssignmentInputs } from '../endpoints/inputs.ts'
import { duration } from '../envoy/duration.ts'
import { ADS_SOURCE } from '../envoy/sds.ts'
import { writeFilterMetadata } from '../envoy/write-metadata.ts'
import { outboundClusterName, serverNameOfCluster } from './cluster-name.ts'
import { buildCircuitBreakers, buildKeepalive } from './connection-pool.ts'
import { buildHttpOptions, speaksHttp2 } from './http-options.ts'
import type { OutboundClusterInputs } from './inputs.ts'
import { buildBalancer } from './load-balancer.ts'
import { buildOutlierDetection } from './outlier-detection.ts'
import { buildTransportSocket, type MeshPeer, type SocketFields, writeAutomaticMatches } from './transport-socket.ts'
import { mayTunnel } from './tunnel.ts'

/** `fromPartial` copies what it is given, and again at every level above; the parts here are whole and are taken as they are. */
const EMPTY_CLUSTER = Cluster.fromPartial({})
const EMPTY_LB_CONFIG = Cluster_CommonLbConfig.fromPartial({})
/** `number << 3 | wire type` of the fields of envoy.config.cluster.v3.Cluster that differ from service to service. */
const FIELD = { name: 10, edsClusterConfig: 26, loadAssignment: 266, metadata: 202 } as const
/** Of Cluster.EdsClusterConfig: field 1, which is the same everywhere, and the number of field 2. */
const FROM_HERE = encodeMessage(Cluster_EdsClusterConfig, { edsConfig: ADS_SOURCE, serviceName: '' })
const SERVICE_NAME = 18

/**
 * The cluster of one port of a service, or of one of its subsets. Thousands differ in nothing but names, so all else is encoded
 * once for the settings that they have in common.
 */
export function encodeOutboundCluster(inputs: OutboundClusterInputs): Uint8Array {
  // Made first, as parts of it are encoded meanwhile, and the writer serves one at a time.
  const shared = sharedFields(inputs)
  const socket = socketFields(inputs)
  const assignment = resolvesNames(inputs) ? encodeLoadAssignment(namedEndpoints(inputs)) : null
  return encodeWith(writer => {
    const name = clusterName(inputs)
    writer.uint32(FIELD.name).string(name).raw(shared)
    if (assignment !== null) writer.uint32(FIELD.loadAssignment).bytes(assignment)
    else if (!goesToOriginalDestination(inputs))
      writer.uint32(FIELD.edsClusterConfig).fork().raw(FROM_HERE).uint32(SERVICE_NAME).string(name).join()
    if (socket === 'by-endpoint') writeAutomaticMatches(meshPeer(inputs), writer)
    else Cluster.encode({ ...EMPTY_CLUSTER, ...socket }, writer)
    writeFilterMetadata('istio', clusterMetadata(inputs), writer.uint32(FIELD.metadata).fork()).join()
  })
}

function clusterName({ service, port, subset }: OutboundClusterInputs): string {
  return outboundClusterName(port.number, subset, service.hostname)
}

const shared = new Remembered<Uint8Array>()

/** All fields but those with names in them. */
function sharedFields(inputs: OutboundClusterInputs): Uint8Array {
  const { service, port, settings, mesh, caller } = inputs
  const choice = `${service.resolution} ${inputs.dnsEndpoints.length === 1} ${sharesByLocality(caller)} ${service.serviceAccounts.length === 0}`
  const key = `${port.protocol} ${choice} ${mesh.connectTimeoutMs} ${mesh.dnsRefreshRateMs}`
  return shared.get(settings, key, [], () => encodeMessage(Cluster, withoutNames(inputs)))
}

function withoutNames(inputs: OutboundClusterInputs): Cluster {
  const { service, port, settings, mesh } = inputs
  const pool = settings.connectionPool
  const outlier = settings.outlierDetection
  return {
    ...EMPTY_CLUSTER,
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
  }
}

function socketFields(inputs: OutboundClusterInputs): SocketFields | 'by-endpoint' {
  const { service, port, settings } = inputs
  const automatic = automaticTls(inputs)
  if (automatic === 'by-endpoint' && settings.tls === undefined && settings.proxyProtocol === undefined) return automatic
  return buildTransportSocket({
    ...meshPeer(inputs),
    tls: settings.tls,
    automatic,
    proxyProtocol: settings.proxyProtocol,
    credential: inputs.credential,
    http2: speaksHttp2(port.protocol, settings.connectionPool),
    statedNames: service.serviceAccounts,
  })
}

function meshPeer({ service, port, subset, settings, meshwork, serviceAccounts }: OutboundClusterInputs): MeshPeer {
  return {
    http2: speaksHttp2(port.protocol, settings.connectionPool),
    tunnel: meshwork && mayTunnel(port.protocol, settings.connectionPool),
    meshSni: serverNameOfCluster(port.number, subset, service.hostname),
    serviceAccounts,
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

/** Endpoints stand in the cluster, by names that the proxy resolves. */
function resolvesNames(inputs: OutboundClusterInputs): boolean {
  return inputs.service.resolution !== 'static' && !goesToOriginalDestination(inputs)
}

function namedEndpoints(inputs: OutboundClusterInputs): LoadAssignmentInputs {
  return { cluster: clusterName(inputs), endpoints: inputs.dnsEndpoints, caller: inputs.caller }
}

/** How the cluster finds its endpoints, and chooses among them: the two go together, as ORIGINAL_DST has no choice. */
function discovery(inputs: OutboundClusterInputs): Partial<Cluster> {
  const { service, settings } = inputs
  if (goesToOriginalDestination(inputs)) {
    return {
      clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.ORIGINAL_DST },
      lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
    }
  }
  const balancer = buildBalancer(settings.loadBalancer)
  if (service.resolution === 'static') {
    return { clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.EDS }, ...balancer }
  }
  // A logical host is one name; proxies refuse more.
  const logical = service.resolution === 'dns-round-robin' && inputs.dnsEndpoints.length === 1
  const type = logical ? Cluster_DiscoveryType.LOGICAL_DNS : Cluster_DiscoveryType.STRICT_DNS
  return {
    clusterDiscoveryType: { $case: 'type', value: type },
    dnsLookupFamily: Cluster_DnsLookupFamily.V4_ONLY,
    dnsRefreshRate: duration(inputs.mesh.dnsRefreshRateMs),
    respectDnsTtl: true,
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
