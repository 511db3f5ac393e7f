import { isDeepStrictEqual } from 'node:util'
import type { Logger } from '@meshwork/core/log'
import type { StatsRegistry } from '@meshwork/core/metrics'
import { ok, type Result } from '@meshwork/core/result'
import { type Clock, TimerWheel } from '@meshwork/core/time'
import { ProxyHealth } from '../http/proxy-health.ts'
import type { Runtime } from '../http/connection-plan.ts'
import type { ClusterConfig, LoadAssignment } from '../model/cluster.ts'
import type { ListenerConfig } from '../model/listener.ts'
import type { RouteTableConfig } from '../model/route.ts'
import type { ScopeConfig } from '../model/scoped-routes.ts'
import { addressText } from '../net/address.ts'
import { ConnectionBudget, type ConnectionLimits, NO_CONNECTION_LIMITS } from '../net/connection-budget.ts'
import { type Destination, Listener, type ListenerDeps } from '../net/listener.ts'
import { TurnClock } from '../net/turn-clock.ts'
import { type OriginalDestination, systemOriginalDestination } from '../net/original-destination.ts'
import { ListenerPlan, type PlanDeps, slotOfScope } from '../plan/listener-plan.ts'
import { RouteTable } from '../route/route-table.ts'
import { RouteSlot, ScopeBook } from '../route/route-tables.ts'
import { LogSinks } from '../telemetry/log-sinks.ts'
import { SpanExporters } from '../tracing/span-exporters.ts'
import type { SecretProvider } from '../tls/secrets.ts'
import { Cluster } from '../upstream/cluster.ts'
import type { UpstreamDeps } from '../upstream/cluster-context.ts'
import { type DnsResolver, systemDns } from '../upstream/discovery/dns-resolver.ts'
import { DepartedClusters } from './departed-clusters.ts'
import { ObjectStats } from './object-stats.ts'
import { type ClusterView, type ListenerView, viewCluster } from './views.ts'

export interface EngineOptions {
  readonly clock: Clock
  readonly log: Logger
  readonly stats: StatsRegistry
  readonly secrets: SecretProvider
  /** Who this proxy is, for spans. Default: nobody. */
  readonly node?: { readonly id: string; readonly cluster: string }
  /** How redirected connections tell where they wanted to go. Default: the operating system's way. */
  readonly originalDestination?: OriginalDestination
  /** How names of hosts are resolved. Default: the operating system's way. */
  readonly dns?: DnsResolver
  /** Default: none. */
  readonly connections?: ConnectionLimits
  /** Numbers in [0, 1). Default: `Math.random`. */
  readonly random?: () => number
}

/**
 * The running data plane: takes decoded configuration, owns sockets. One per worker.
 * Every setter replaces what has the same name; traffic under way ends under the plan it began with.
 * A listener serves at once, also without its route table or clusters (404 and 503): who configures sees to the order.
 */
export class Engine {
  /** What `/healthcheck/fail` switches. */
  readonly health: ProxyHealth = new ProxyHealth()
  private readonly runtime: Runtime
  private readonly upstreamDeps: UpstreamDeps
  private readonly planDeps: PlanDeps
  private readonly listenerDeps: ListenerDeps
  private readonly clusterByName = new Map<string, Cluster>()
  private readonly loads = new Map<string, LoadAssignment>()
  private readonly slots = new Map<string, RouteSlot>()
  private readonly scopes = new ScopeBook()
  private readonly listenerByName = new Map<string, Listener>()
  private readonly retired = new Set<Listener>()
  private readonly objects: ObjectStats
  private readonly departed: DepartedClusters

  constructor(options: EngineOptions) {
    const { clock, log, stats, secrets } = options
    const random = options.random ?? Math.random
    const wheel = new TimerWheel(clock)
    const node = options.node ?? { id: '', cluster: '' }
    const turnClock = new TurnClock(clock)
    this.departed = new DepartedClusters({ stats, wheel, clock, returned: name => this.clusterByName.has(name) })
    this.objects = new ObjectStats(stats, () => ({
      clusters: this.clusterByName.size,
      listeners: this.listenerByName.size,
      draining: this.retired.size,
    }))
    this.runtime = {
      clock: turnClock,
      log,
      stats,
      wheel,
      random,
      sinks: new LogSinks(clock, stats),
      nodeId: node.id,
      health: this.health,
      spanExporters: new SpanExporters({ clock, stats, serviceName: node.cluster, addressOf: name => this.firstAddress(name) }),
      cluster: name => this.clusterByName.get(name) ?? null,
    }
    this.upstreamDeps = {
      clock: turnClock,
      wheel,
      log,
      stats,
      secrets,
      dns: options.dns ?? systemDns,
      random,
      cluster: name => this.clusterByName.get(name) ?? null,
    }
    this.planDeps = { runtime: this.runtime, secrets, routeSlot: name => this.slot(name), scopes: this.scopes }
    this.listenerDeps = {
      runtime: this.runtime,
      originalDestination: options.originalDestination ?? systemOriginalDestination(),
      budget: new ConnectionBudget(options.connections ?? NO_CONNECTION_LIMITS),
      listenerFor: destination => this.listenerFor(destination),
    }
  }

  setCluster(config: ClusterConfig): void {
    const old = this.clusterByName.get(config.name)
    if (old !== undefined && isDeepStrictEqual(old.config, config)) return
    const cluster = new Cluster(config, this.upstreamDeps)
    const load = cluster.endpointsName === null ? undefined : this.loads.get(cluster.endpointsName)
    if (load !== undefined) cluster.setEndpoints(load)
    this.clusterByName.set(config.name, cluster)
    this.objects.clusterSet(old !== undefined)
    old?.close()
  }

  removeCluster(name: string): void {
    const cluster = this.clusterByName.get(name)
    if (cluster === undefined) return
    cluster.close()
    this.clusterByName.delete(name)
    this.objects.clusterRemoved()
    this.departed.add(cluster)
  }

  setEndpoints(load: LoadAssignment): void {
    this.loads.set(load.clusterName, load)
    for (const cluster of this.clusterByName.values()) if (cluster.endpointsName === load.clusterName) cluster.setEndpoints(load)
  }

  setRouteTable(config: RouteTableConfig): void {
    this.slot(config.name).table = new RouteTable(config)
  }

  removeRouteTable(name: string): void {
    const slot = this.slots.get(name)
    if (slot !== undefined) slot.table = null
  }

  setScope({ name, key, routes }: ScopeConfig): void {
    this.scopes.set(name, key, slotOfScope(routes, this.planDeps))
  }

  removeScope(name: string): void {
    this.scopes.remove(name)
  }

  /** Resolves when the socket is bound. The error names the reason, for the NACK; what was there before stays then. */
  async setListener(config: ListenerConfig): Promise<Result<void, string>> {
    const plan = new ListenerPlan(config, this.planDeps)
    const old = this.listenerByName.get(config.name)
    if (old !== undefined && sameSocket(old.config, config)) {
      old.replacePlan(plan)
      this.objects.listenerSet('in-place')
      return ok(undefined)
    }
    const listener = new Listener(plan, this.listenerDeps)
    if (config.bindToPort) {
      const bound = await listener.bind()
      if (bound.kind === 'err') {
        this.objects.listenerFailed()
        return bound
      }
    }
    this.listenerByName.set(config.name, listener)
    this.objects.listenerSet(old === undefined ? 'added' : 'modified')
    if (old !== undefined) this.retire(old)
    return ok(undefined)
  }

  /** Stops accepting; connections end as they become idle. */
  removeListener(name: string): void {
    const listener = this.listenerByName.get(name)
    if (listener === undefined) return
    this.listenerByName.delete(name)
    this.objects.listenerRemoved()
    this.retire(listener)
  }

  /** Stops accepting on all listeners, or on those for inbound traffic; connections end as they become idle. */
  drainListeners(inboundOnly: boolean): void {
    for (const [name, { config }] of [...this.listenerByName]) {
      if (!inboundOnly || config.direction === 'inbound') this.removeListener(name)
    }
  }

  /** Asks clients to leave (`connection: close`, GOAWAY) on all listeners, or on those for inbound traffic; new connections are taken. */
  askToLeave(inboundOnly: boolean): void {
    for (const listener of this.listenerByName.values()) {
      if (!inboundOnly || listener.config.direction === 'inbound') listener.askToLeave()
    }
  }

  clusters(): readonly ClusterView[] {
    return [...this.clusterByName.values()].map(viewCluster)
  }

  listeners(): readonly ListenerView[] {
    return [...this.listenerByName.values()].map(({ config, boundAddress }) => ({ config, boundAddress }))
  }

  routeTables(): readonly RouteTableConfig[] {
    return [...this.slots.values()].flatMap(({ table }) => (table === null ? [] : [table.config]))
  }

  /** Asks all clients to leave (`connection: close`) and resolves when none is left or after `deadlineMs`. */
  async drain(deadlineMs: number): Promise<void> {
    const listeners = [...this.listenerByName.values(), ...this.retired]
    this.listenerByName.clear()
    await Promise.all(
      listeners.map(listener => new Promise<void>(resolve => listener.retire(resolve, Math.min(1000, deadlineMs / 2), deadlineMs))),
    )
  }

  /** Closes every socket at once. */
  async close(): Promise<void> {
    for (const listener of [...this.listenerByName.values(), ...this.retired]) listener.close()
    for (const cluster of this.clusterByName.values()) cluster.close()
    this.listenerByName.clear()
    this.clusterByName.clear()
    // Closed connections write their last log lines in this turn of the loop.
    await new Promise(resolve => setImmediate(resolve))
    this.runtime.wheel.close()
    this.runtime.spanExporters.close()
    await this.runtime.sinks.close()
  }

  /** Reports of this proxy itself go straight to a host: a collector has one address, that of its service. */
  private firstAddress(cluster: string): string | null {
    return (
      this.clusterByName
        .get(cluster)
        ?.allHosts()
        .find(host => host.healthy)?.address ?? null
    )
  }

  private slot(name: string): RouteSlot {
    const known = this.slots.get(name)
    if (known !== undefined) return known
    const slot = new RouteSlot(null)
    this.slots.set(name, slot)
    return slot
  }

  private retire(listener: Listener): void {
    this.retired.add(listener)
    listener.retire(() => void this.retired.delete(listener))
  }

  /** The listener whose address is the destination, or the wildcard address with its port. */
  private listenerFor(destination: Destination): Listener | null {
    return (
      this.listenerAt(destination.host, destination.port) ??
      this.listenerAt(destination.host.includes(':') ? '::' : '0.0.0.0', destination.port)
    )
  }

  private listenerAt(host: string, port: number): Listener | null {
    for (const listener of this.listenerByName.values()) {
      const { address } = listener.config
      if (address.kind === 'tcp' && address.port === port && address.host === host) return listener
    }
    return null
  }
}

function sameSocket(a: ListenerConfig, b: ListenerConfig): boolean {
  return a.bindToPort === b.bindToPort && socketKey(a) === socketKey(b)
}

function socketKey({ address, additionalAddresses, transparent, freebind }: ListenerConfig): string {
  return [...[address, ...additionalAddresses].map(addressText), transparent, freebind].join()
}
