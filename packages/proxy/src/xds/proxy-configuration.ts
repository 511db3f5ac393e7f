import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import type { Clock, Timer } from '@meshwork/core/time'
import { type ResourceUpdate, type TypeStatus, XdsClient } from '@meshwork/xds/client'
import type { AdsConnection } from '@meshwork/xds/grpc'
import { ADS_ORDER, CLUSTER_TYPE, LISTENER_TYPE, PROXY_READY_TYPE, SCOPED_ROUTE_TYPE, SECRET_TYPE, type XdsNode } from '@meshwork/xds/types'
import {
  type FilterCatalog,
  clusterType,
  endpointType,
  listenerType,
  routeType,
  scopeType,
  type SecretMaterial,
  secretType,
} from '../decode/index.ts'
import type { ClusterConfig } from '../model/cluster.ts'
import type { KeptResource, LastGoodCopy } from '../last-good/index.ts'
import type { ListenerConfig } from '../model/listener.ts'
import { ConfigGraph } from './config-graph.ts'
import type { DataPlane } from './data-plane.ts'

export interface ProxyConfigurationOptions {
  readonly node: XdsNode
  /** The way to the control plane; closed with the configuration. */
  readonly connection: AdsConnection
  readonly variant: 'sotw' | 'delta'
  readonly dataPlane: DataPlane
  /** Takes the secrets that the control plane delivers. Default: none are asked for. */
  readonly secrets?: { apply(update: ResourceUpdate<SecretMaterial>): void }
  readonly filters: FilterCatalog
  readonly clock: Clock
  readonly log: Logger
  /** Called once, when the first complete configuration runs. */
  readonly configured?: () => void
  /** Told of every response after it was answered; `error` is the text of the NACK. */
  readonly answered?: (typeUrl: string, error: string | null) => void
  /** Subscribes to what else is wanted of the same control plane. */
  readonly also?: (client: Pick<XdsClient, 'subscribe'>) => void
  /** Types of which everything is wanted. Default: clusters and listeners. */
  readonly everything?: readonly string[]
  /** Names that are defined elsewhere already: what comes under them is left out, as Envoy does with names of static resources. */
  readonly taken?: { readonly clusters: ReadonlySet<string>; readonly listeners: ReadonlySet<string> }
  /**
   * How long a control plane that is behind what it served before is asked again before it is believed, in milliseconds: there
   * may be several. Default: not at all, as with Envoy.
   */
  readonly retreatPatienceMs?: number
  /** Where the last good configuration is kept for starts without a control plane. Default: nowhere. */
  readonly copy?: LastGoodCopy
}

const NOTHING: ReadonlySet<string> = new Set()
/** How long a control plane that takes connections may be silent before the proxy starts from the copy on disk. */
const PATIENCE_MS = 1000

/**
 * The proxy's end of xDS: one ADS stream whose resources become the configuration of the data plane. The last good
 * configuration outlives the stream, and with a copy on disk the process: a proxy whose control plane cannot be reached, or says
 * nothing, starts with what it had, and follows the control plane from there when it comes.
 */
export class ProxyConfiguration implements Runner {
  readonly name = 'xds client'
  private readonly options: ProxyConfigurationOptions
  private readonly connection: AdsConnection
  private readonly client: XdsClient
  private readonly graph: ConfigGraph
  private readonly answeredTypes = new Set<string>()
  private patience: Timer | null = null
  private copyRead = false
  private complete = false
  /** What is seeded before that is only a part. */
  private started = false
  private closed = false

  constructor(options: ProxyConfigurationOptions) {
    const { node, variant, clock, log, dataPlane, filters, taken } = options
    this.options = options
    this.connection = options.connection
    this.client = new XdsClient({
      node,
      variant,
      open: this.connection.open,
      clock,
      log,
      answered: (typeUrl, error) => this.noteAnswered(typeUrl, error),
      lost: () => void this.startFromCopy(),
      ...(options.retreatPatienceMs === undefined ? {} : { patienceMs: options.retreatPatienceMs }),
    })
    options.copy?.keep(() => (this.complete && this.graph.isSettled ? this.resources() : null))
    this.graph = new ConfigGraph({
      dataPlane,
      clock,
      log,
      interest: (typeUrl, names) => {
        if (typeUrl !== SECRET_TYPE || options.secrets !== undefined) this.client.want(typeUrl, { kind: 'names', names })
      },
      refused: (typeUrl, name, reason) => this.client.reject(typeUrl, `${name}: ${reason}`),
      scopesWanted: () => this.client.want(SCOPED_ROUTE_TYPE, { kind: 'everything' }),
      ...(taken === undefined ? {} : { elsewhere: taken.clusters }),
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
    if (options.secrets !== undefined) this.subscribeSecrets(options.secrets)
    client.subscribe({ type: routeType(filters), apply: update => graph.applyTables(update) }, { kind: 'names', names: NOTHING })
    client.subscribe({ type: scopeType(filters), apply: update => graph.applyScopes(update) }, { kind: 'names', names: NOTHING })
    options.also?.(client)
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

  /** Tells the control plane that the proxy is ready. */
  tellReady(afterMs: number): void {
    this.client.tell(PROXY_READY_TYPE, [String(Math.round(afterMs))])
  }

  /** Does not wait for a connection: a proxy starts without its control plane, and becomes ready when it comes. */
  start(): Promise<void> {
    this.started = true
    this.client.start()
    this.checkComplete()
    if (this.options.copy !== undefined) this.patience = this.options.clock.after(PATIENCE_MS, () => void this.startFromCopy())
    return Promise.resolve()
  }

  async close(): Promise<void> {
    this.closed = true
    this.patience?.cancel()
    this.client.close()
    this.connection.close()
    this.graph.close()
    await this.options.copy?.close()
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

  private subscribeSecrets(secrets: NonNullable<ProxyConfigurationOptions['secrets']>): void {
    const apply = (update: ResourceUpdate<SecretMaterial>): void => {
      secrets.apply(update)
      this.graph.applySecrets(update)
    }
    this.client.subscribe({ type: secretType, apply }, { kind: 'names', names: NOTHING })
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
    this.options.copy?.noteChange()
  }

  /** Once, and not for a proxy that has been configured: what it runs is newer than what is on disk. */
  private async startFromCopy(): Promise<void> {
    const { copy, log } = this.options
    if (copy === undefined || this.copyRead || this.complete) return
    this.copyRead = true
    const resources = await copy.read()
    if (resources.length === 0 || this.complete || this.closed) return
    log.warn('no control plane answers: starting from the last good configuration on disk', { resources: resources.length })
    const problem = this.client.seed(resources)
    if (problem !== null) log.error('a part of the last good configuration is refused', { error: problem })
    for (const type of this.everything) this.answeredTypes.add(type)
    this.checkComplete()
  }

  /** What runs, in wire form: clusters before what names them. Keys are not for the disk. */
  private resources(): readonly KeptResource[] {
    const types = new Map([...this.client.status()].map(({ store }) => [store.typeUrl, store]))
    return [...ADS_ORDER, SCOPED_ROUTE_TYPE]
      .filter(typeUrl => typeUrl !== SECRET_TYPE)
      .flatMap(typeUrl =>
        [...(types.get(typeUrl)?.stored.values() ?? [])].map(({ name, version, bytes }) => ({ typeUrl, name, version, bytes })),
      )
  }

  private checkComplete(): void {
    if (!this.started || this.complete || !this.graph.isSettled) return
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
