import type { Logger } from '@meshwork/core/log'
import { messageOf } from '@meshwork/core/result'
import type { Clock, Timer } from '@meshwork/core/time'
import type { ResourceUpdate } from '@meshwork/xds/client'
import { CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE, SCOPED_ROUTE_TYPE, SECRET_TYPE } from '@meshwork/xds/types'
import type { ClusterConfig, LoadAssignment } from '../model/cluster.ts'
import type { ListenerConfig } from '../model/listener.ts'
import type { RouteTableConfig } from '../model/route.ts'
import type { ScopeConfig } from '../model/scoped-routes.ts'
import type { DataPlane } from './data-plane.ts'
import { DerivedNames } from './derived.ts'
import { FetchDeadlines } from './fetch-deadlines.ts'
import { MissingClusters } from './missing-clusters.ts'
import {
  clustersOfListener,
  clustersOfScope,
  clustersOfTable,
  secretsOfCluster,
  secretsOfListener,
  servicesOfClusters,
  tablesOfListener,
  tablesOfListeners,
  wantsScopes,
} from './references.ts'
import { ScopeGraph } from './scope-graph.ts'
import { type Arrival, SecretArrivals } from './secret-arrivals.ts'
import { WantedSet } from './wanted-set.ts'

export interface ConfigGraphOptions {
  readonly dataPlane: DataPlane
  readonly clock: Clock
  readonly log: Logger
  /** Endpoints and route tables that the configuration now needs. Called only when they changed. */
  readonly interest: (typeUrl: string, names: ReadonlySet<string>) => void
  /** Scopes of routes are needed from now on. Called once. */
  readonly scopesWanted?: () => void
  /** The data plane refused what decoded well, for example a port that is taken. */
  readonly refused: (typeUrl: string, name: string, reason: string) => void
  /** Clusters that the data plane has from elsewhere. Default: none. */
  readonly elsewhere?: ReadonlySet<string>
  /** Called after each step; `isSettled` may have changed. */
  readonly stepped?: () => void
}

const FETCH_TIMEOUT_MS = 15_000
/** How long a deleted cluster stays for routes that still name it: their replacement is usually right behind. */
const REMOVAL_GRACE_MS = 5000
const NO_NAMES: ReadonlySet<string> = new Set()
/** Time between attempts to bind a listener whose address is taken. */
const RETRY_MS = 5000

/**
 * The dependency graph between what the control plane sent and what the data plane runs. Owns both books; everything here
 * happens on the one event loop, in steps that each leave the data plane consistent:
 *
 * clusters go in when their endpoints are known, routes when their clusters are in, listeners when their routes are in, and
 * only then goes what is no longer wanted, in reverse order. Until then the data plane runs what it ran before.
 */
export class ConfigGraph {
  private readonly options: ConfigGraphOptions
  private readonly clusters = new WantedSet<ClusterConfig>()
  private readonly tables = new WantedSet<RouteTableConfig>()
  private readonly listeners = new WantedSet<ListenerConfig>()
  private readonly scopes: ScopeGraph
  private readonly endpoints = new Map<string, LoadAssignment>()
  private readonly services = new DerivedNames(this.clusters, books => servicesOfClusters(books.all()))
  private readonly servicesInUse = new DerivedNames(this.clusters, books => servicesOfClusters(books.applied.values()))
  private readonly listenerTables = new DerivedNames(this.listeners, books => tablesOfListeners(books.all()))
  private readonly listenerSecrets = new DerivedNames(this.listeners, books => union(books.all(), secretsOfListener))
  private readonly clusterSecrets = new DerivedNames(this.clusters, books => union(books.all(), secretsOfCluster))
  private readonly endpointDeadlines: FetchDeadlines
  private readonly tableDeadlines: FetchDeadlines
  private readonly secrets: SecretArrivals
  private readonly missingClusters: MissingClusters
  private readonly removalGraces: FetchDeadlines
  /** Listeners being bound, and whether a newer form of them came meanwhile. */
  private readonly binding = new Set<string>()
  private readonly failedListeners = new Map<string, ListenerConfig>()
  private retryTimer: Timer | null = null
  private announcedServices: ReadonlySet<string> = new Set()
  private announcedTables: ReadonlySet<string> = new Set()
  private closed = false

  constructor(options: ConfigGraphOptions) {
    this.options = options
    const step = (): void => this.step()
    this.endpointDeadlines = new FetchDeadlines(options.clock, FETCH_TIMEOUT_MS, step)
    this.tableDeadlines = new FetchDeadlines(options.clock, FETCH_TIMEOUT_MS, step)
    this.removalGraces = new FetchDeadlines(options.clock, REMOVAL_GRACE_MS, step)
    this.secrets = new SecretArrivals(options.clock, FETCH_TIMEOUT_MS, step)
    this.scopes = new ScopeGraph({
      clock: options.clock,
      wanted: () => options.scopesWanted?.(),
      isReady: scope => this.isScopeReady(scope),
      install: scope => this.attempt(SCOPED_ROUTE_TYPE, scope.name, () => options.dataPlane.setScope(scope)),
      remove: name => options.dataPlane.removeScope(name),
      step,
    })
    this.missingClusters = new MissingClusters(options.clock, name => this.isDefined(name), step)
  }

  /** Nothing waits: all that came is what the data plane runs, or was refused. */
  get isSettled(): boolean {
    return (
      this.clusters.pending.size + this.tables.pending.size + this.listeners.pending.size + this.binding.size === 0 && this.scopes.isSettled
    )
  }

  /** Names of what still waits, by type, for people who ask why a proxy is not ready. */
  get waiting(): Readonly<Record<'clusters' | 'routes' | 'listeners', readonly string[]>> {
    return {
      clusters: [...this.clusters.pending.keys()],
      routes: [...this.tables.pending.keys()],
      listeners: [...new Set([...this.listeners.pending.keys(), ...this.binding])],
    }
  }

  applyClusters({ changed, removed }: ResourceUpdate<ClusterConfig>): void {
    this.clusters.update(changed, removed)
    this.step()
  }

  /** Endpoints that vanish are kept until their cluster goes, as Envoy does: the last known hosts are better than none. */
  applyEndpoints({ changed, removed, refused }: ResourceUpdate<LoadAssignment>): void {
    for (const name of [...removed, ...refused]) this.endpointDeadlines.giveUp(name)
    const inUse = this.servicesInUse.current
    for (const [name, load] of changed) {
      this.endpoints.set(name, load)
      if (inUse.has(name)) this.attempt(ENDPOINT_TYPE, name, () => this.options.dataPlane.setEndpoints(load))
    }
    this.step()
  }

  /** A listener whose table was refused before there was a good one goes in without: requests are answered 404 (NR), as Envoy does. */
  applyTables({ changed, removed, refused }: ResourceUpdate<RouteTableConfig>): void {
    for (const name of [...removed, ...refused]) this.tableDeadlines.giveUp(name)
    this.tables.update(changed, new Set())
    this.step()
  }

  applyScopes(update: ResourceUpdate<ScopeConfig>): void {
    this.scopes.apply(update)
    this.step()
  }

  applyListeners({ changed, removed }: ResourceUpdate<ListenerConfig>): void {
    for (const name of [...changed.keys(), ...removed]) this.failedListeners.delete(name)
    this.listeners.update(changed, removed)
    this.step()
  }

  /** Whoever shows the secrets has them already; here is waited for the first form of each, so that no handshake comes too early. */
  applySecrets(update: Arrival): void {
    this.secrets.arrived(update)
    this.step()
  }

  close(): void {
    this.closed = true
    this.secrets.close()
    this.scopes.close()
    this.endpointDeadlines.close()
    this.tableDeadlines.close()
    this.missingClusters.close()
    this.removalGraces.close()
    this.retryTimer?.cancel()
  }

  private step(): void {
    if (this.closed) return
    this.announceInterest()
    this.installClusters()
    this.installTables()
    this.scopes.install()
    this.installListeners()
    this.removeListeners()
    this.removeTables()
    this.removeClusters()
    this.announceInterest()
    this.options.stepped?.()
  }

  private installClusters(): void {
    for (const [name, cluster] of [...this.clusters.pending]) {
      const { discovery } = cluster
      const service = discovery.kind === 'eds' ? discovery.serviceName : null
      if (service !== null && !this.endpoints.has(service) && !this.endpointDeadlines.isOver(service)) continue
      if (!this.secrets.areThere(secretsOfCluster(cluster))) continue
      this.clusters.settle(name, cluster)
      this.attempt(CLUSTER_TYPE, name, () => {
        this.options.dataPlane.setCluster(cluster)
        const load = service === null ? undefined : this.endpoints.get(service)
        if (load !== undefined) this.options.dataPlane.setEndpoints(load)
      })
    }
  }

  private installTables(): void {
    for (const [name, table] of [...this.tables.pending]) {
      if (this.clustersDelay(clustersOfTable(table), this.runningTableClusters(name))) continue
      this.tables.settle(name, table)
      this.attempt(ROUTE_TYPE, name, () => this.options.dataPlane.setRouteTable(table))
    }
  }

  /** The first ones go in together: what is redirected to a listener that still waits must not pass through another one. */
  private installListeners(): void {
    const { pending, applied } = this.listeners
    const ready = [...pending].filter(([name, listener]) => !this.binding.has(name) && this.isListenerReady(name, listener))
    if (applied.size === 0 && ready.length < pending.size) return
    for (const [name, listener] of ready) this.bind(name, listener)
  }

  private isListenerReady(name: string, listener: ListenerConfig): boolean {
    if (this.clustersDelay(clustersOfListener(listener), this.runningListenerClusters(name))) return false
    if (!this.secrets.areThere(secretsOfListener(listener))) return false
    if (wantsScopes(listener) && !this.scopes.areThere) return false
    return [...tablesOfListener(listener)].every(table => this.isTableKnown(table))
  }

  private isScopeReady(scope: ScopeConfig): boolean {
    const { routes } = scope
    return routes.kind === 'rds' ? this.isTableKnown(routes.name) : !this.clustersDelay(clustersOfScope(scope), null)
  }

  /** Those of listeners, and those of scopes that come by SRDS. */
  private get wantedTables(): ReadonlySet<string> {
    return this.scopes.withTables(this.listenerTables.current)
  }

  private bind(name: string, listener: ListenerConfig): void {
    this.binding.add(name)
    this.listeners.settle(name, listener)
    const refused = (reason: string): void => {
      this.failedListeners.set(name, listener)
      this.options.refused(LISTENER_TYPE, name, reason)
      this.retryTimer ??= this.options.clock.after(RETRY_MS, () => this.retryListeners())
    }
    this.options.dataPlane
      .setListener(listener)
      .then(
        result => {
          if (result.kind === 'err') refused(result.error)
        },
        (error: unknown) => refused(messageOf(error)),
      )
      .finally(() => {
        this.binding.delete(name)
        this.step()
      })
  }

  /** Listeners go once everything that may take their place is bound; that may then need the address they held. */
  private removeListeners(): void {
    if (this.listeners.pending.size > 0 || this.binding.size > 0 || this.listeners.stale.size === 0) return
    for (const name of this.listeners.takeStale()) this.attempt(LISTENER_TYPE, name, () => this.options.dataPlane.removeListener(name))
    this.retryListeners()
  }

  /** An address that was taken may be free by now. */
  private retryListeners(): void {
    this.retryTimer?.cancel()
    this.retryTimer = null
    const again = [...this.failedListeners]
    this.failedListeners.clear()
    for (const [name, listener] of again) if (this.listeners.wanted.get(name) === listener) this.bind(name, listener)
  }

  private removeTables(): void {
    if (this.listeners.pending.size > 0 || this.binding.size > 0) return
    const wanted = this.wantedTables
    for (const name of this.tables.names()) {
      if (wanted.has(name)) continue
      this.tables.forget(name)
      this.attempt(ROUTE_TYPE, name, () => this.options.dataPlane.removeRouteTable(name))
    }
  }

  /** Each cluster has its own time: one that goes now must not go sooner because another one went a while ago. */
  private removeClusters(): void {
    const { stale } = this.clusters
    // While something waits, what runs is not yet what was sent last.
    const withdrawn = this.isSettled ? stale : NO_NAMES
    const named = withdrawn.size > 0 ? this.namedClusters() : NO_NAMES
    for (const name of [...withdrawn]) if (!named.has(name) || this.removalGraces.isOver(name)) this.removeCluster(name)
    this.removalGraces.await(withdrawn, withdrawn)
  }

  private removeCluster(name: string): void {
    this.clusters.forget(name)
    this.attempt(CLUSTER_TYPE, name, () => this.options.dataPlane.removeCluster(name))
  }

  private announceInterest(): void {
    this.scopes.want([...this.listeners.all()].some(wantsScopes))
    const services = this.services.current
    const tables = this.wantedTables
    if (services !== this.announcedServices) {
      this.announcedServices = services
      for (const name of [...this.endpoints.keys()]) if (!services.has(name)) this.endpoints.delete(name)
      this.options.interest(ENDPOINT_TYPE, services)
    }
    if (tables !== this.announcedTables) {
      this.announcedTables = tables
      this.options.interest(ROUTE_TYPE, tables)
    }
    if (this.secrets.want(this.wantedSecrets())) this.options.interest(SECRET_TYPE, this.secrets.wanted)
    this.awaitMissing()
  }

  private wantedSecrets(): ReadonlySet<string> {
    const names = new Set(this.listenerSecrets.current)
    for (const name of this.clusterSecrets.current) names.add(name)
    return names
  }

  /** Only what keeps something from being installed is awaited. */
  private awaitMissing(): void {
    const services = servicesOfClusters(this.clusters.pending.values())
    const tables = new Set([...tablesOfListeners(this.listeners.pending.values()), ...this.scopes.pendingTables])
    this.endpointDeadlines.await(difference(services, this.endpoints), this.announcedServices)
    this.tableDeadlines.await(difference(tables, this.tables.wanted), this.announcedTables)
    this.missingClusters.await(this.clustersMissing())
  }

  private clustersMissing(): ReadonlySet<string> {
    const { missingClusters } = this
    return new Set([
      ...[...this.tables.pending].flatMap(([name, table]) => missingClusters.of(clustersOfTable(table), this.runningTableClusters(name))),
      ...[...this.listeners.pending].flatMap(([name, listener]) =>
        missingClusters.of(clustersOfListener(listener), this.runningListenerClusters(name)),
      ),
    ])
  }

  /** null: no form of the table runs. */
  private runningTableClusters(name: string): ReadonlySet<string> | null {
    const running = this.tables.applied.get(name)
    return running === undefined ? null : clustersOfTable(running)
  }

  private runningListenerClusters(name: string): ReadonlySet<string> | null {
    const running = this.listeners.applied.get(name)
    return running === undefined ? null : clustersOfListener(running)
  }

  /** What the running listeners and tables name. */
  private namedClusters(): ReadonlySet<string> {
    const names = new Set<string>()
    for (const table of this.tables.applied.values()) for (const name of clustersOfTable(table)) names.add(name)
    for (const listener of this.listeners.applied.values()) for (const name of clustersOfListener(listener)) names.add(name)
    for (const name of this.scopes.clusters()) names.add(name)
    return names
  }

  /** Of clusters that are defined nowhere, only those keep anybody waiting, and not for long, that the running form does without. */
  private clustersDelay(names: ReadonlySet<string>, running: ReadonlySet<string> | null): boolean {
    for (const name of names) if (this.clusters.pending.has(name)) return true
    return this.missingClusters.delay(names, running)
  }

  private isDefined(name: string): boolean {
    return this.clusters.wanted.has(name) || this.clusters.applied.has(name) || this.options.elsewhere?.has(name) === true
  }

  private isTableKnown(name: string): boolean {
    return this.tables.applied.has(name) || this.tableDeadlines.isOver(name)
  }

  private attempt(typeUrl: string, name: string, change: () => void): void {
    try {
      change()
    } catch (error) {
      this.options.log.error('data plane refused configuration', { type: typeUrl, name, error: messageOf(error) })
      this.options.refused(typeUrl, name, messageOf(error))
    }
  }
}

function difference(names: ReadonlySet<string>, known: { has(name: string): boolean }): ReadonlySet<string> {
  return new Set([...names].filter(name => !known.has(name)))
}

function union<T>(items: Iterable<T>, namesOf: (item: T) => ReadonlySet<string>): ReadonlySet<string> {
  const names = new Set<string>()
  for (const item of items) for (const name of namesOf(item)) names.add(name)
  return names
}
