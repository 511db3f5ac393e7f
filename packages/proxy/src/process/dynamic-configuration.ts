import type { Logger } from '@meshwork/core/log'
import type { StatsRegistry } from '@meshwork/core/metrics'
import type { Clock } from '@meshwork/core/time'
import { CLUSTER_TYPE, LISTENER_TYPE } from '@meshwork/xds/types'
import type { BootstrapConfig } from '../decode/bootstrap.ts'
import type { FilterCatalog } from '../decode/index.ts'
import type { SecretProvider } from '../tls/secrets.ts'
import type { DynamicSource } from '../decode/dynamic-resources.ts'
import { type AdsConnection, connectAds, connectServices } from '@meshwork/xds/grpc'
import type { ClusterConfig } from '../model/cluster.ts'
import type { ListenerConfig } from '../model/listener.ts'
import { type DataPlane, ProxyConfiguration } from '../xds/index.ts'
import { secretsOfCluster, secretsOfListener, tablesOfListener } from '../xds/references.ts'
import { channelTo } from './channel-to.ts'
import type { DeliveredSecrets } from './delivered-secrets.ts'
import { DiscoveryFiles } from './discovery-files.ts'
import { lastGoodCopy } from './last-good-copy.ts'
import { XdsStats } from './xds-stats.ts'

interface Deps {
  readonly filters: FilterCatalog
  readonly clock: Clock
  readonly log: Logger
  readonly stats: StatsRegistry
  readonly configured: () => void
  readonly stateFolder: string | null
  readonly secrets: SecretProvider
  /** Takes the secrets that the control plane delivers. */
  readonly delivered: DeliveredSecrets
}

/** The client of the control plane that the bootstrap names. null: it names none. */
export function dynamicConfiguration(config: BootstrapConfig, dataPlane: DataPlane, deps: Deps): ProxyConfiguration | null {
  const { dynamic } = config
  if (dynamic === null) return null
  const { filters, clock, log, stats, configured, stateFolder, delivered } = deps
  const xdsStats = new XdsStats(stats)
  return new ProxyConfiguration({
    node: config.node,
    connection: connectionTo(dynamic, deps),
    secrets: delivered,
    variant: dynamic.kind === 'server' ? dynamic.variant : 'sotw',
    dataPlane,
    filters,
    clock,
    log,
    configured,
    answered: (typeUrl, error) => xdsStats.answered(typeUrl, error),
    everything: everythingOf(dynamic),
    ...lastGoodCopy(stateFolder, config.node.id, clock, log),
    taken: { clusters: namesOf(config.clusters), listeners: namesOf(config.listeners) },
  })
}

function connectionTo(source: DynamicSource, { clock, log, secrets }: Deps): AdsConnection {
  if (source.kind === 'files') return new DiscoveryFiles(source, clock, log)
  const { connect } = channelTo(source, secrets)
  return source.aggregated ? connectAds(source.address, connect) : connectServices(source.address, connect)
}

/** Types of which all that there is is wanted. */
function everythingOf({ clusters, listeners }: DynamicSource): readonly string[] {
  const wanted = (what: boolean | string | null): boolean => what !== null && what !== false
  return [...(wanted(clusters) ? [CLUSTER_TYPE] : []), ...(wanted(listeners) ? [LISTENER_TYPE] : [])]
}

/** Its endpoints or secrets come from the control plane. */
export function clusterNeedsControlPlane(cluster: ClusterConfig): boolean {
  return cluster.discovery.kind === 'eds' || secretsOfCluster(cluster).size > 0
}

/** Its route tables or secrets come from the control plane. */
export function listenerNeedsControlPlane(listener: ListenerConfig): boolean {
  return tablesOfListener(listener).size > 0 || secretsOfListener(listener).size > 0
}

/** What a proxy that is not ready waits for, for people. */
export function describeWaiting(configuration: ProxyConfiguration): string {
  const waiting = Object.entries(configuration.waiting).flatMap(([type, names]) =>
    names.length === 0 ? [] : `${type} ${names.join(', ')}`,
  )
  if (waiting.length > 0) return `waiting for ${waiting.join('; ')}`
  return configuration.isConnected ? 'waiting for the first configuration' : 'there is no connection to the control plane yet'
}

function namesOf(items: readonly { readonly name: string }[]): ReadonlySet<string> {
  return new Set(items.map(({ name }) => name))
}
