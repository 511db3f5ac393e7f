import type { Bootstrap_DynamicResources } from '@meshwork/protos/envoy/config/bootstrap/v3/bootstrap'
import { type ApiConfigSource, ApiConfigSource_ApiType, type ConfigSource } from '@meshwork/protos/envoy/config/core/v3/config_source'
import type { ClusterConfig } from '../model/cluster.ts'
import type { ListenerConfig } from '../model/listener.ts'
import type { UpstreamTlsConfig } from '../model/tls.ts'
import { tablesOfListener, wantsScopes } from '../xds/references.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import type { Report } from './report.ts'

/** Where the clusters and listeners of a bootstrap come from that are not in it. */
export type DynamicSource = ServerSource | FileSource

/** A control plane. */
export interface ServerSource extends DiscoveryServer {
  readonly kind: 'server'
  readonly variant: 'sotw' | 'delta'
  /** One stream for all types (ADS), or one for each. */
  readonly aggregated: boolean
  /** Whether all its clusters are wanted (`cds_config`). */
  readonly clusters: boolean
  /** Whether all its listeners are wanted (`lds_config`). */
  readonly listeners: boolean
}

/** Files, each with a discovery response. null: none. */
export interface FileSource {
  readonly kind: 'files'
  readonly clusters: string | null
  readonly listeners: string | null
}

/** A server that speaks xDS, as a static cluster names it. */
export interface DiscoveryServer {
  /** `host:port` or `unix:/path`. */
  readonly address: string
  /** null: plain text. */
  readonly tls: UpstreamTlsConfig | null
}

const FIELDS: FieldPolicy<Bootstrap_DynamicResources> = { read: ['ldsConfig', 'cdsConfig', 'adsConfig'], harmless: [] }
const API_FIELDS: FieldPolicy<ApiConfigSource> = {
  read: ['apiType', 'transportApiVersion', 'grpcServices'],
  // How often is asked and how much is said again: our client asks once and says the node once.
  harmless: ['refreshDelay', 'requestTimeout', 'rateLimitSettings', 'setNodeOnFirstMessageOnly'],
}

const VARIANTS: ReadonlyMap<number, ServerSource['variant']> = new Map([
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
  const cds = originOf(resources.cdsConfig, report.at('cds_config'))
  const lds = originOf(resources.ldsConfig, report.at('lds_config'))
  const wanted = { clusters: cds !== null, listeners: lds !== null }
  const kinds = new Set([cds, lds].flatMap(origin => (origin === null ? [] : [origin.kind])))
  if (resources.adsConfig !== undefined) kinds.add('ads')
  if (kinds.size > 1) {
    report.refuse('unsupported-field', `${[...kinds].join(' and ')} together are not supported: let all of it come the same way`)
    return null
  }
  if (cds?.kind === 'path' || lds?.kind === 'path') return { kind: 'files', clusters: pathOf(cds), listeners: pathOf(lds) }
  const own = cds?.kind === 'api_config_source' ? cds.config : lds?.kind === 'api_config_source' ? lds.config : undefined
  if (own !== undefined)
    return serverSource(own, false, wanted, clusters, report.at(cds === null ? 'lds_config' : 'cds_config', 'api_config_source'))
  const ads = report.at('ads_config')
  if (resources.adsConfig !== undefined) return serverSource(resources.adsConfig, true, wanted, clusters, ads)
  if (wanted.clusters || wanted.listeners) ads.refuse('required', 'must be set')
  return null
}

type Wanted = Pick<ServerSource, 'clusters' | 'listeners'>

function serverSource(
  config: ApiConfigSource,
  aggregated: boolean,
  wanted: Wanted,
  clusters: readonly ClusterConfig[],
  report: Report,
): ServerSource {
  refuseOtherFields(config, API_FIELDS, report)
  const variant = VARIANTS.get(config.apiType)
  if (variant === undefined) report.at('api_type').refuse('unsupported-field', 'must be GRPC or DELTA_GRPC')
  const server = serverOf(config, clusters, report.at('grpc_services'))
  return { kind: 'server', ...server, variant: variant ?? 'sotw', aggregated, ...wanted }
}

type Origin =
  | { readonly kind: 'ads' }
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'api_config_source'; readonly config: ApiConfigSource }

/** null: not wanted, or refused. */
function originOf(source: ConfigSource | undefined, report: Report): Origin | null {
  const specifier = source?.configSourceSpecifier
  switch (specifier?.$case) {
    case undefined:
      return null
    case 'ads':
      return { kind: 'ads' }
    case 'path':
      return { kind: 'path', path: specifier.value }
    case 'pathConfigSource':
      return { kind: 'path', path: specifier.value.path }
    case 'apiConfigSource':
      return { kind: 'api_config_source', config: specifier.value }
    case 'self':
      report.refuse('unsupported-field', "'self' has no meaning here")
      return null
  }
}

function pathOf(origin: Origin | null): string | null {
  return origin?.kind === 'path' ? origin.path : null
}

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

/** Scopes come with everything else, on the one stream. */
export function refuseUnfedScopes(listeners: readonly ListenerConfig[], source: DynamicSource | null, report: Report): void {
  if (source?.kind === 'server' && source.aggregated) return
  for (const [i, listener] of listeners.entries()) {
    if (wantsScopes(listener)) report.at('listeners', i).refuse('required', 'scoped_rds needs dynamic_resources.ads_config')
  }
}
