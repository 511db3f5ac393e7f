import type { ConnectionFacts } from '../filters/filter.ts'
import type { ClusterConfig, EndpointConfig, LoadAssignment } from '../model/cluster.ts'
import type { AvoidedHosts } from './avoided-hosts.ts'
import { CircuitUse } from './circuit/circuit-use.ts'
import type { ClusterContext, UpstreamDeps } from './cluster-context.ts'
import { ClusterStats } from './cluster-stats.ts'
import type { ConnectionPool } from './connection-pool.ts'
import { createPool } from './create-pool.ts'
import { AggregateMembers } from './discovery/aggregate/aggregate-members.ts'
import type { Discovery, DiscoveryOwner } from './discovery/discovery.ts'
import { DnsDiscovery } from './discovery/dns/dns-discovery.ts'
import { type Destination, OriginalHosts } from './discovery/original-dst/original-hosts.ts'
import { type CheckedCluster, HealthChecks } from './health/health-checks.ts'
import type { Host } from './host.ts'
import { ClusterHosts } from './hosts/cluster-hosts.ts'
import type { PriorityHealth } from './hosts/priority-load.ts'
import type { OutlierDetector } from './outlier/outlier-detector.ts'
import { KeyedPools } from './keyed-pools.ts'
import type { PickContext } from './pick-context.ts'
import { MOST_AHEAD, wantsConnection } from './preconnect.ts'
import { TransportSockets } from './transport-sockets.ts'
import { type ConnectionPurpose, socketKey, type UpstreamSocket, upstreamSocket } from './upstream-socket.ts'

/** A running cluster: its hosts, its pools and its limits. */
export class Cluster implements ClusterContext, DiscoveryOwner, CheckedCluster {
  readonly config: ClusterConfig
  readonly stats: ClusterStats
  readonly deps: UpstreamDeps
  readonly use: CircuitUse
  readonly sockets: TransportSockets
  /** The limits and their use for requests of high priority. */
  readonly high: ClusterContext
  private readonly hosts: ClusterHosts
  private readonly original: OriginalHosts | null
  private readonly aggregate: AggregateMembers | null
  private readonly discovery: Discovery | null
  private readonly checks: HealthChecks | null
  private dropShare = 0
  /** Hosts that were chosen for requests to come, and connected to already. */
  private readonly chosenAhead: Host[] = []
  /** An aggregate is asking: a ring of aggregates must end. */
  private choosing = false

  constructor(config: ClusterConfig, deps: UpstreamDeps) {
    this.config = config
    this.deps = deps
    this.stats = new ClusterStats(deps.stats, config.name)
    this.use = new CircuitUse(config.limits, this.stats.scope.child('circuit_breakers.default.'))
    const highUse = new CircuitUse(config.highLimits, this.stats.scope.child('circuit_breakers.high.'))
    this.high = { config: { ...config, limits: config.highLimits }, stats: this.stats, deps, use: highUse }
    this.sockets = new TransportSockets(config.transportSockets, deps.secrets, this.stats)
    this.hosts = new ClusterHosts(this)
    this.checks = config.healthCheck === null ? null : new HealthChecks(config.healthCheck, this)
    const { discovery } = config
    this.original = discovery.kind === 'original-dst' ? new OriginalHosts(discovery, this, this.hosts) : null
    this.aggregate = discovery.kind === 'aggregate' ? new AggregateMembers(discovery.clusters, this) : null
    this.discovery = this.createDiscovery()
    this.discovery?.start()
    if (discovery.kind === 'static') this.setEndpoints(discovery.load)
  }

  /** Its choice of a host depends on what the request says. */
  get asksRequests(): boolean {
    const { balancer, subsets, discovery } = this.config
    if (subsets !== null || balancer.kind === 'ring-hash' || balancer.kind === 'maglev' || discovery.kind === 'aggregate') return true
    return discovery.kind === 'original-dst' && discovery.header !== null
  }

  /** Its connections depend on what they are for. */
  get tellsRequests(): boolean {
    return this.config.autoNames !== null || this.sockets.tellClients || this.aggregate !== null
  }

  /** `client`'s requests need connections that are made for them. */
  tells(client: ConnectionFacts): boolean {
    return this.tellsRequests || client.onwardMark !== null
  }

  /** The name under which endpoints for this cluster are delivered; null if they are not. */
  get endpointsName(): string | null {
    const { discovery } = this.config
    if (discovery.kind !== 'eds') return null
    return discovery.serviceName === '' ? this.config.name : discovery.serviceName
  }

  setEndpoints(load: LoadAssignment): void {
    this.applyPolicy(load)
    this.replaceEndpoints(load.endpoints)
    this.deps.stats.add(this.stats.updateSuccess, 1)
    this.discovered()
  }

  replaceEndpoints(endpoints: readonly EndpointConfig[]): void {
    const { added, gone } = this.hosts.replace(endpoints)
    this.checks?.remove(gone)
    this.checks?.add(added)
    for (const host of gone) host.closePools()
    this.chosenAhead.length = 0
    if (this.config.balancing.drainOnHostChange && added.length + gone.length > 0) this.drainPools()
  }

  discovered(): void {}

  /**
   * `originalDestination`: where the client wanted to go, for clusters that go there. `avoid`: hosts already tried.
   * `attempts`: how often the balancer is asked again for another one; 0: whatever it says is taken. `context`: what the
   * request says about its host.
   */
  pick(originalDestination: Destination | null, avoid: AvoidedHosts, attempts: number, context: PickContext | null = null): Host | null {
    if (this.original !== null) return this.original.hostFor(originalDestination, context)
    if (this.aggregate !== null) return this.pickOfMember(originalDestination, avoid, attempts, context)
    const { balancer } = this.hosts
    let host = this.takeAhead() ?? balancer.pick(context, 0)
    for (let i = 1; i <= attempts && host !== null && avoid.includes(host); i++) host = balancer.pick(context, i)
    if (host !== null && avoid.priorities?.has(host.endpoint.priority) === true) host = this.hostOfOtherPriority(avoid) ?? host
    return host !== null && attempts > 0 && avoid.includes(host) ? (this.untriedHost(host, avoid) ?? host) : host
  }

  /** `drop_overloads` of 100 percent. */
  get dropsAll(): boolean {
    return this.dropShare >= 1
  }

  /** A request is refused at random, as the control plane asked for (`drop_overloads`). */
  drops(): boolean {
    if (this.dropShare === 0 || this.deps.random() >= this.dropShare) return false
    this.deps.stats.add(this.stats.rqDropOverload, 1)
    return true
  }

  /** `purpose`: who the connection is for; null: the proxy itself. */
  poolOf(host: Host, high: boolean = false, purpose: ConnectionPurpose | null = null): ConnectionPool {
    const { context } = host
    if (context !== null && context !== this && context instanceof Cluster) return context.poolOf(host, high, purpose)
    if (purpose !== null) return this.ownPoolOf(host, high, purpose)
    if (high) {
      host.highPool ??= createPool(this.high, host, this.socketFor(host, null))
      return host.highPool
    }
    host.pool ??= createPool(this, host, this.socketFor(host, null))
    return host.pool
  }

  /**
   * A request is about to be sent. Connects to the hosts of those to come, as far as `predictive_preconnect_ratio` asks for it: round robin
   * and random choices, which depend on nothing that these will say, are made now and kept.
   */
  connectAhead(): void {
    const { preconnect, balancer, subsets } = this.config
    if (subsets !== null || (balancer.kind !== 'round-robin' && balancer.kind !== 'random')) return
    for (let i = 0; i < MOST_AHEAD && this.wantsConnection(preconnect.predictive); i++) {
      const host = this.hosts.balancer.pick(null, 0)
      if (host === null) return
      this.chosenAhead.push(host)
      if (!host.healthy || !this.poolOf(host).connectAhead(preconnect.predictive)) return
    }
  }

  /** Where requests to the host count: at the cluster that it belongs to. */
  useOf({ context }: Host, high: boolean): CircuitUse {
    const owner = context instanceof Cluster ? context : this
    return high ? owner.high.use : owner.use
  }

  /** How to connect to a host: the first transport socket whose criteria its metadata meets. null: plain text. */
  socketFor(host: Host, purpose: ConnectionPurpose | null): UpstreamSocket | null {
    const rule = this.sockets.forLabels(host.metadata['envoy.transport_socket_match'])
    return upstreamSocket(rule, this.config.autoNames, purpose)
  }

  checkSocket(host: Host): UpstreamSocket | null {
    const rule = this.sockets.forLabels(this.config.healthCheck?.socketCriteria ?? host.metadata['envoy.transport_socket_match'])
    return upstreamSocket(rule, null, null)
  }

  onHostLost(host: Host): void {
    this.hosts.remove(host)
    host.closePools()
  }

  onHostUnfit(host: Host): void {
    host.fail()
  }

  allHosts(): readonly Host[] {
    if (this.aggregate !== null) return []
    return this.original === null ? this.hosts.all : this.original.all()
  }

  get outliers(): OutlierDetector | null {
    return this.hosts.outliers
  }

  /** The health of its priorities, as an aggregate counts them. */
  priorityHealth(depth: number): readonly PriorityHealth[] {
    return this.aggregate === null ? this.hosts.priorities : this.aggregate.priorityHealth(depth)
  }

  /** Nothing is sent through it, waits for it or is connected. */
  get unused(): boolean {
    return this.use.isEmpty && this.high.use.isEmpty
  }

  /** Idle connections close now, busy ones after their request. */
  close(): void {
    this.discovery?.close()
    this.checks?.close()
    this.original?.close()
    this.hosts.close()
    for (const host of this.hosts.all) host.closePools()
  }

  private ownPoolOf(host: Host, high: boolean, purpose: ConnectionPurpose): ConnectionPool {
    const socket = this.socketFor(host, purpose)
    const key = socket === null ? '' : socketKey(socket)
    if (key === '') return this.poolOf(host, high)
    host.ownPools ??= new KeyedPools()
    return host.ownPools.of(high ? `high ${key}` : key, () => createPool(high ? this.high : this, host, socket))
  }

  private createDiscovery(): Discovery | null {
    const { discovery } = this.config
    if (discovery.kind !== 'strict-dns' && discovery.kind !== 'logical-dns') return null
    this.applyPolicy(discovery.load)
    return new DnsDiscovery(this, discovery.load, discovery.dns, discovery.kind === 'logical-dns')
  }

  private applyPolicy({ overprovisioning, weightedHealth, dropShare }: LoadAssignment): void {
    this.hosts.setPolicy({ overprovisioning, weightedHealth })
    this.dropShare = dropShare
  }

  private pickOfMember(original: Destination | null, avoid: AvoidedHosts, attempts: number, context: PickContext | null): Host | null {
    if (this.choosing) return null
    this.choosing = true
    const host = this.aggregate?.choose()?.pick(original, avoid, attempts, context) ?? null
    this.choosing = false
    return host
  }

  /** One that failed since does not count. */
  private takeAhead(): Host | null {
    for (let host = this.chosenAhead.shift(); host !== undefined; host = this.chosenAhead.shift()) if (host.healthy) return host
    return null
  }

  private wantsConnection(ratio: number): boolean {
    const { use, config } = this
    const streams = use.pending + use.requests
    const each = config.protocol === 'http1' ? 1 : config.http2.maxConcurrentStreams
    return wantsConnection(streams + 1, Math.max(streams, use.connections * each), ratio)
  }

  /** Chance alone must not repeat a request at the host that failed it while there is another one like it. */
  private untriedHost(tried: Host, avoid: AvoidedHosts): Host | null {
    if (this.config.subsets !== null) return null
    const { priority } = tried.endpoint
    const untried = this.hosts.all.filter(
      host => host.healthy && host.endpoint.weight > 0 && host.endpoint.priority === priority && !avoid.includes(host),
    )
    return untried[Math.floor(this.deps.random() * untried.length)] ?? null
  }

  /** Any host of the first priority that was not tried; null: all were. */
  private hostOfOtherPriority({ priorities }: AvoidedHosts): Host | null {
    const others = this.hosts.all.filter(
      host => host.healthy && host.endpoint.weight > 0 && priorities?.has(host.endpoint.priority) === false,
    )
    const first = Math.min(...others.map(({ endpoint }) => endpoint.priority))
    const candidates = others.filter(({ endpoint }) => endpoint.priority === first)
    return candidates[Math.floor(this.deps.random() * candidates.length)] ?? null
  }

  /** New requests make new pools; the old ones end with what they carry. */
  private drainPools(): void {
    for (const host of this.hosts.all) host.dropPools()
  }
}
