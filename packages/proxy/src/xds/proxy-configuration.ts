import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import type { Clock } from '@meshwork/core/time'
import { type ResourceUpdate, type TypeStatus, XdsClient } from '@meshwork/xds/client'
import { type AdsConnection, connectAds } from '@meshwork/xds/grpc'
import { CLUSTER_TYPE, LISTENER_TYPE, type XdsNode } from '@meshwork/xds/types'
import { type FilterCatalog, clusterType, endpointType, listenerType, routeType } from '../decode/index.ts'
import type { ClusterConfig } from '../model/cluster.ts'
import type { ListenerConfig } from '../model/listener.ts'
import { ConfigGraph } from './config-graph.ts'
import type { DataPlane } from './data-plane.ts'

export interface ProxyConfigurationOptions {
  readonly node: XdsNode
  /** `host:port` or `unix:/path` of the control plane. */
  readonly xdsAddress: string
  readonly variant: 'sotw' | 'delta'
  readonly dataPlane: DataPlane
  readonly filters: FilterCatalog
  readonly clock: Clock
  readonly log: Logger
  /** Called once, when the first complete configuration runs. */
  readonly configured?: () => void
  /** Told of every response after it was answered; `error` is the text of the NACK. */
  readonly answered?: (typeUrl: string, error: string | null) => void
  /** Types of which everything is wanted. Default: clusters and listeners. */
  readonly everything?: readonly string[]
  /** Names that are defined elsewhere already: what comes under them is left out, as Envoy does with names of static resources. */
  readonly taken?: { readonly clusters: ReadonlySet<string>; readonly listeners: ReadonlySet<string> }
}

const NOTHING: ReadonlySet<string> = new Set()

/**
 * The proxy's end of xDS: one ADS stream whose resources become the configuration of the data plane. The last good
 * configuration outlives the stream. A copy of it on disk, for starts without a control plane, would be kept by a consumer
 * of `XdsClient.status`, which has the bytes of every accepted resource.
 */
export class ProxyConfiguration implements Runner {
  readonly name = 'xds client'
  private readonly options: ProxyConfigurationOptions
  private readonly connection: AdsConnection
  private readonly client: XdsClient
  private readonly graph: ConfigGraph
  private readonly answeredTypes = new Set<string>()
  private complete = false

  constructor(options: ProxyConfigurationOptions) {
    const { node, variant, clock, log, dataPlane, filters, taken } = options
    this.options = options
    this.connection = connectAds(options.xdsAddress)
    this.client = new XdsClient({
      node,
      variant,
      open: this.connection.open,
      clock,
      log,
      answered: (typeUrl, error) => this.noteAnswered(typeUrl, error),
    })
    this.graph = new ConfigGraph({
      dataPlane,
      clock,
      log,
      interest: (typeUrl, names) => this.client.want(typeUrl, { kind: 'names', names }),
      refused: (typeUrl, name, reason) => this.client.reject(typeUrl, `${name}: ${reason}`),
      stepped: () => this.checkComplete(),
    })
    const { graph, client } = this
    client.subscribe(
      { type: clusterType, apply: update => graph.applyClusters(without(update, taken?.clusters)) },
      this.interestIn(CLUSTER_TYPE),
    )
    client.subscribe({ type: endpointType, apply: update => graph.applyEndpoints(update) }, { kind: 'names', names: NOTHING })
    client.subscribe(
      { type: listenerType(filters), apply: update => graph.applyListeners(without(update, taken?.listeners)) },
      this.interestIn(LISTENER_TYPE),
    )
    client.subscribe({ type: routeType(filters), apply: update => graph.applyTables(update) }, { kind: 'names', names: NOTHING })
  }

  /** The first complete configuration has been applied. Never becomes false again. */
  get isConfigured(): boolean {
    return this.complete
  }

  get isConnected(): boolean {
    return this.client.connected
  }

  get waiting(): ConfigGraph['waiting'] {
    return this.graph.waiting
  }

  types(): Iterable<TypeStatus> {
    return this.client.status()
  }

  /** Does not wait for a connection: a proxy starts without its control plane, and becomes ready when it comes. */
  start(): Promise<void> {
    this.client.start()
    return Promise.resolve()
  }

  close(): Promise<void> {
    this.client.close()
    this.connection.close()
    this.graph.close()
    return Promise.resolve()
  }

  /** What the configuration itself holds of what came in halves: clusters without endpoints, listeners without routes. */
  seed(clusters: readonly ClusterConfig[], listeners: readonly ListenerConfig[]): void {
    const named = <T extends { readonly name: string }>(items: readonly T[]): ResourceUpdate<T> => ({
      changed: new Map(items.map(item => [item.name, item])),
      removed: NOTHING,
      refused: NOTHING,
    })
    this.graph.applyClusters(named(clusters))
    this.graph.applyListeners(named(listeners))
  }

  private get everything(): readonly string[] {
    return this.options.everything ?? [CLUSTER_TYPE, LISTENER_TYPE]
  }

  private interestIn(typeUrl: string): { readonly kind: 'everything' } | { readonly kind: 'names'; readonly names: ReadonlySet<string> } {
    return this.everything.includes(typeUrl) ? { kind: 'everything' } : { kind: 'names', names: NOTHING }
  }

  private noteAnswered(typeUrl: string, error: string | null): void {
    this.answeredTypes.add(typeUrl)
    this.options.answered?.(typeUrl, error)
    this.checkComplete()
  }

  private checkComplete(): void {
    if (this.complete || !this.graph.isSettled) return
    if (!this.everything.every(type => this.answeredTypes.has(type))) return
    this.complete = true
    this.options.log.info('first configuration applied')
    this.options.configured?.()
  }
}

function without<T>(update: ResourceUpdate<T>, taken: ReadonlySet<string> | undefined): ResourceUpdate<T> {
  if (taken === undefined || taken.size === 0) return update
  return { ...update, changed: new Map([...update.changed].filter(([name]) => !taken.has(name))) }
}
