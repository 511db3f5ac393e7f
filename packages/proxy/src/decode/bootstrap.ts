import { err, ok, type Result, type Violation } from '@meshwork/core/result'
import { type Admin, Bootstrap, type Bootstrap_StaticResources } from '@meshwork/protos/envoy/config/bootstrap/v3/bootstrap'
import type { XdsNode } from '@meshwork/xds/types'
import type { SocketAddress } from '../model/address.ts'
import type { ClusterConfig } from '../model/cluster.ts'
import type { ListenerConfig } from '../model/listener.ts'
import type { ConnectionLimits } from '../net/connection-budget.ts'
import { decodeAddress } from './address.ts'
import { decodeCluster } from './cluster.ts'
import { decodeDynamicResources, type DynamicSource, refuseUnfed, refuseUnfedScopes } from './dynamic-resources.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import type { FilterCatalog } from './filter-codec.ts'
import { decodeListener } from './listener.ts'
import { decodeRuntimeLayers } from './runtime-layers.ts'
import { refuseMissingSecrets } from './missing-secrets.ts'
import { Report } from './report.ts'
import { decodeSecret, type SecretMaterial } from './secret.ts'

export const BOOTSTRAP_MESSAGE = 'envoy.config.bootstrap.v3.Bootstrap'

/** What a bootstrap says, decoded. */
export interface BootstrapConfig {
  readonly node: XdsNode
  /** null: no admin interface. */
  readonly admin: SocketAddress | null
  readonly clusters: readonly ClusterConfig[]
  readonly connections: ConnectionLimits
  readonly listeners: readonly ListenerConfig[]
  readonly secrets: ReadonlyMap<string, SecretMaterial>
  /** null: everything is static. */
  readonly dynamic: DynamicSource | null
}

const FIELDS: FieldPolicy<Bootstrap> = {
  read: ['node', 'staticResources', 'dynamicResources', 'admin', 'layeredRuntime'],
  harmless: [
    // Telemetry about the process itself.
    'statsConfig',
    'statsFlushInterval',
    'statsFlush',
    'enableDispatcherStats',
    'statsServerVersionOverride',
    'deferredStatOptions',
    'applicationLogConfig',
    'perfTracingFilePath',
    // One process with one event loop: nothing to supervise this way.
    'watchdog',
    'watchdogs',
    'fatalActions',
    'flagsPath',
    'memoryAllocatorManager',
    // DNS is asked as the operating system does.
    'useTcpForDnsLookups',
    'typedDnsResolverConfig',
    'dnsResolutionConfig',
    'grpcAsyncClientManagerConfig',
  ],
}
const STATIC_FIELDS: FieldPolicy<Bootstrap_StaticResources> = { read: ['listeners', 'clusters', 'secrets'], harmless: [] }
const ADMIN_FIELDS: FieldPolicy<Admin> = {
  read: ['address'],
  harmless: ['accessLog', 'accessLogPath', 'profilePath', 'socketOptions', 'ignoreGlobalConnLimit'],
}

/**
 * `envoy.config.bootstrap.v3.Bootstrap`, or everything in it that is not supported, with paths from its root. `applied`: runtime
 * keys whose values stand in the fields that name them.
 */
export function decodeBootstrap(
  bytes: Uint8Array,
  filters: FilterCatalog,
  applied?: ReadonlySet<string>,
): Result<BootstrapConfig, readonly Violation[]> {
  const report = new Report()
  const bootstrap = Bootstrap.decode(bytes)
  refuseOtherFields(bootstrap, FIELDS, report)
  const resources = bootstrap.staticResources ?? { listeners: [], clusters: [], secrets: [] }
  const inner = report.at('static_resources')
  refuseOtherFields(resources, STATIC_FIELDS, inner)
  const clusters = resources.clusters.map((cluster, i) => decodeCluster(cluster, inner.at('clusters', i)))
  const config: BootstrapConfig = {
    clusters,
    connections: decodeRuntimeLayers(bootstrap.layeredRuntime, report.at('layered_runtime'), applied),
    dynamic: decodeDynamicResources(bootstrap.dynamicResources, clusters, report.at('dynamic_resources')),
    node: decodeNode(bootstrap),
    admin: decodeAdmin(bootstrap.admin, report.at('admin')),
    listeners: resources.listeners.map((listener, i) =>
      decodeListener({ ...listener, name: listener.name || `listener_${i}` }, filters, inner.at('listeners', i)),
    ),
    secrets: decodeSecrets(resources, inner.at('secrets')),
  }
  if (config.dynamic === null) refuseUnfed(config, inner)
  refuseUnfedScopes(config.listeners, config.dynamic, inner)
  refuseMissingSecrets(config, inner)
  refuseTwins(config.clusters, inner.at('clusters'))
  refuseTwins(config.listeners, inner.at('listeners'))
  return report.violations.length > 0 ? err(report.violations) : ok(config)
}

function decodeNode({ node }: Bootstrap): XdsNode {
  const { region = '', zone = '', subZone = '' } = node?.locality ?? {}
  return {
    id: node?.id ?? '',
    cluster: node?.cluster ?? '',
    metadata: node?.metadata ?? {},
    locality: { region, zone, subZone },
    userAgentName: 'meshwork',
  }
}

function decodeAdmin(admin: Admin | undefined, report: Report): SocketAddress | null {
  if (admin === undefined) return null
  refuseOtherFields(admin, ADMIN_FIELDS, report)
  return admin.address === undefined ? null : decodeAddress(admin.address, false, report.at('address'))
}

function decodeSecrets({ secrets }: Bootstrap_StaticResources, report: Report): ReadonlyMap<string, SecretMaterial> {
  const decoded = new Map<string, SecretMaterial>()
  for (const [i, secret] of secrets.entries()) {
    const material = decodeSecret(secret, report.at(i))
    if (material !== null) decoded.set(secret.name, material)
  }
  return decoded
}

function refuseTwins(items: readonly { readonly name: string }[], report: Report): void {
  const names = new Set<string>()
  for (const [i, { name }] of items.entries()) {
    if (names.has(name)) report.at(i, 'name').refuse('duplicate', `there is another '${name}'`)
    names.add(name)
  }
}
