import type { Logger } from '@meshwork/core/log'
import type { StatsRegistry } from '@meshwork/core/metrics'
import type { Clock } from '@meshwork/core/time'
import { CLUSTER_TYPE, LISTENER_TYPE } from '@meshwork/xds/types'
import type { BootstrapConfig } from '../decode/bootstrap.ts'
import type { FilterCatalog } from '../decode/index.ts'
import type { ConnectOptions } from '@meshwork/xds/grpc'
import type { DynamicSource } from '../decode/dynamic-resources.ts'
import { controlPlaneCredentials } from '../tls/control-plane-credentials.ts'
import type { SecretProvider } from '../tls/secrets.ts'
import type { ClusterConfig } from '../model/cluster.ts'
import type { ListenerConfig } from '../model/listener.ts'
import { type DataPlane, ProxyConfiguration } from '../xds/index.ts'
import { tablesOfListener } from '../xds/references.ts'
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
}

/** The client of the control plane that the bootstrap names. null: it names none. */
export function dynamicConfiguration(config: BootstrapConfig, dataPlane: DataPlane, deps: Deps): ProxyConfiguration | null {
  const { dynamic } = config
  if (dynamic === null) return null
  const { filters, clock, log, stats, configured, stateFolder, secrets } = deps
  const xdsStats = new XdsStats(stats)
  return new ProxyConfiguration({
    node: config.node,
    xdsAddress: dynamic.address,
    ...securely(dynamic, secrets),
    variant: dynamic.variant,
    dataPlane,
    filters,
    clock,
    log,
    configured,
    answered: (typeUrl, error) => xdsStats.answered(typeUrl, error),
    everything: [...(dynamic.clusters ? [CLUSTER_TYPE] : []), ...(dynamic.listeners ? [LISTENER_TYPE] : [])],
    ...lastGoodCopy(stateFolder, config.node.id, clock, log),
    taken: { clusters: namesOf(config.clusters), listeners: namesOf(config.listeners) },
  })
}

function securely({ address, tls }: DynamicSource, secrets: SecretProvider): { readonly connect?: ConnectOptions } {
  if (tls === null) return {}
  // A channel asks for the host of its address, which an IP address may not be (RFC 6066 3).
  const serverName = tls.sni === '' && /^(unix:|\[|\d+\.\d+\.\d+\.\d+:)/.test(address) ? 'control-plane' : tls.sni
  return { connect: { credentials: controlPlaneCredentials(tls, secrets), ...(serverName === '' ? {} : { serverName }) } }
}

/** Its endpoints come from the control plane. */
export function needsEndpoints({ discovery }: ClusterConfig): boolean {
  return discovery.kind === 'eds'
}

/** Its route tables come from the control plane. */
export function needsRoutes(listener: ListenerConfig): boolean {
  return tablesOfListener(listener).size > 0
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
