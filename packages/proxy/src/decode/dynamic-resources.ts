import type { Bootstrap_DynamicResources } from '@meshwork/protos/envoy/config/bootstrap/v3/bootstrap'
import { type ApiConfigSource, ApiConfigSource_ApiType, type ConfigSource } from '@meshwork/protos/envoy/config/core/v3/config_source'
import type { ClusterConfig } from '../model/cluster.ts'
import type { ListenerConfig } from '../model/listener.ts'
import type { UpstreamTlsConfig } from '../model/tls.ts'
import { tablesOfListener } from '../xds/references.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import type { Report } from './report.ts'

/** The control plane that a bootstrap names: one ADS stream. */
export interface DynamicSource {
  /** `host:port` or `unix:/path`. */
  readonly address: string
  /** null: plain text. */
  readonly tls: UpstreamTlsConfig | null
  readonly variant: 'sotw' | 'delta'
  /** Whether all clusters of the control plane are wanted (`cds_config`). */
  readonly clusters: boolean
  /** Whether all its listeners are wanted (`lds_config`). */
  readonly listeners: boolean
}

const FIELDS: FieldPolicy<Bootstrap_DynamicResources> = { read: ['ldsConfig', 'cdsConfig', 'adsConfig'], harmless: [] }
const ADS_FIELDS: FieldPolicy<ApiConfigSource> = {
  read: ['apiType', 'transportApiVersion', 'grpcServices'],
  // How often is asked and how much is said again: our client asks once and says the node once.
  harmless: ['refreshDelay', 'requestTimeout', 'rateLimitSettings', 'setNodeOnFirstMessageOnly'],
}

const VARIANTS: ReadonlyMap<number, DynamicSource['variant']> = new Map([
  [ApiConfigSource_ApiType.GRPC, 'sotw'],
  [ApiConfigSource_ApiType.AGGREGATED_GRPC, 'sotw'],
  [ApiConfigSource_ApiType.DELTA_GRPC, 'delta'],
  [ApiConfigSource_ApiType.AGGREGATED_DELTA_GRPC, 'delta'],
])

/** `dynamic_resources`. null: everything is static. `clusters` are the static ones, one of which is the control plane. */
export function decodeDynamicResources(
  resources: Bootstrap_DynamicResources | undefined,
  clusters: readonly ClusterConfig[],
  report: Report,
): DynamicSource | null {
  if (resources === undefined) return null
  refuseOtherFields(resources, FIELDS, report)
  const wanted = {
    clusters: isAds(resources.cdsConfig, report.at('cds_config')),
    listeners: isAds(resources.ldsConfig, report.at('lds_config')),
  }
  const ads = report.at('ads_config')
  if (resources.adsConfig === undefined) {
    if (wanted.clusters || wanted.listeners) ads.refuse('required', 'must be set')
    return null
  }
  refuseOtherFields(resources.adsConfig, ADS_FIELDS, ads)
  const variant = VARIANTS.get(resources.adsConfig.apiType)
  if (variant === undefined) ads.at('api_type').refuse('unsupported-field', 'must be GRPC or DELTA_GRPC')
  return { ...serverOf(resources.adsConfig, clusters, ads.at('grpc_services')), variant: variant ?? 'sotw', ...wanted }
}

function isAds(source: ConfigSource | undefined, report: Report): boolean {
  const specifier = source?.configSourceSpecifier
  if (specifier !== undefined && specifier.$case !== 'ads')
    report.refuse('unsupported-field', `'${specifier.$case}' is not supported, only ads`)
  return specifier?.$case === 'ads'
}

/** A server that speaks xDS, as a static cluster names it. */
export type DiscoveryServer = Pick<DynamicSource, 'address' | 'tls'>

const NO_SERVER: DiscoveryServer = { address: '', tls: null }

function serverOf({ grpcServices }: ApiConfigSource, clusters: readonly ClusterConfig[], report: Report): DiscoveryServer {
  const [service, ...more] = grpcServices
  if (more.length > 0) report.refuse('unsupported-field', 'more than one server is not supported')
  const target = service?.targetSpecifier
  if (target?.$case !== 'envoyGrpc') {
    report.at(0).refuse('unsupported-field', 'must name a cluster with envoy_grpc')
    return NO_SERVER
  }
  return discoveryServer(target.value.clusterName, clusters, report.at(0, 'envoy_grpc', 'cluster_name')) ?? NO_SERVER
}

/** The server behind a static cluster. null: refused. */
export function discoveryServer(name: string, clusters: readonly ClusterConfig[], place: Report): DiscoveryServer | null {
  const cluster = clusters.find(one => one.name === name)
  if (cluster === undefined) {
    place.refuse('unknown-name', `there is no static cluster '${name}'`)
    return null
  }
  const load = 'load' in cluster.discovery ? cluster.discovery.load : null
  const address = load?.endpoints[0]?.address
  if (address === undefined) {
    place.refuse('unknown-name', `cluster '${cluster.name}' has no endpoint`)
    return null
  }
  return { address: address.kind === 'pipe' ? `unix:${address.path}` : `${address.host}:${address.port}`, tls: tlsOf(cluster, place) }
}

/** Of what clusters can have, a channel to a control plane can do certificates, roots, names and parameters. */
function tlsOf({ transportSockets: [socket, ...more] }: ClusterConfig, report: Report): UpstreamTlsConfig | null {
  if (socket === undefined) return null
  const hashes = [...(socket.tls?.validation?.certificateHashes ?? []), ...(socket.tls?.validation?.publicKeyHashes ?? [])]
  if (more.length > 0) report.refuse('unsupported-field', 'a choice of transport sockets is not supported for a control plane')
  if (socket.proxyHeader !== null) report.refuse('unsupported-field', 'a PROXY header is not supported for a control plane')
  if (hashes.length > 0) report.refuse('unsupported-field', 'hashes of certificates are not supported for a control plane')
  return socket.tls
}

/** Static resources that need a control plane for their other half have one. */
export function refuseUnfed(
  { clusters, listeners }: { readonly clusters: readonly ClusterConfig[]; readonly listeners: readonly ListenerConfig[] },
  report: Report,
): void {
  for (const [i, { discovery }] of clusters.entries()) {
    if (discovery.kind === 'eds') report.at('clusters', i, 'eds_cluster_config').refuse('required', 'needs dynamic_resources.ads_config')
  }
  for (const [i, listener] of listeners.entries()) {
    if (tablesOfListener(listener).size > 0) report.at('listeners', i).refuse('required', 'rds needs dynamic_resources.ads_config')
  }
}
