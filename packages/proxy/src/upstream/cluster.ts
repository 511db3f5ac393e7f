import { lookup } from 'node:dns'
import { isIP } from 'node:net'
import type { Timer } from '@meshwork/core/time'
import type { ClusterConfig, EndpointConfig, LoadAssignment } from '../model/cluster.ts'
import { ClientTlsContext } from '../tls/client-context.ts'
import { type Balancer, createBalancer } from './balancer.ts'
import { CircuitUse, type ClusterContext, type UpstreamDeps } from './cluster-context.ts'
import { ClusterStats } from './cluster-stats.ts'
import type { ConnectionPool } from './connection-pool.ts'
import { createPool } from './create-pool.ts'
import { Host } from './host.ts'
import { EMPTY_HOST_SET, type HostSet } from './host-set.ts'

/** How often names of strict-DNS clusters are looked up (Envoy's default). */
const DNS_REFRESH_MS = 5000
/** Original-destination hosts that are remembered; beyond, the oldest without requests go. */
const MAX_ORIGINAL_HOSTS = 10_000

/** A running cluster: its hosts, its pools and its limits. */
export class Cluster implements ClusterContext {
  readonly config: ClusterConfig
  readonly stats: ClusterStats
  readonly deps: UpstreamDeps
  readonly use: CircuitUse = new CircuitUse()
  hosts: HostSet = EMPTY_HOST_SET
  private readonly balancer: Balancer
  private readonly tls: readonly { readonly criteria: Readonly<Record<string, string>>; readonly context: ClientTlsContext | null }[]
  private readonly original = new Map<string, Host>()
  private dnsTimer: Timer | null = null
  private closed = false

  constructor(config: ClusterConfig, deps: UpstreamDeps) {
    this.config = config
    this.deps = deps
    this.stats = new ClusterStats(deps.stats, config.name)
    this.balancer = createBalancer(config.loadBalancer, deps.random)
    this.tls = config.transportSockets.map(({ criteria, tls }) => ({
      criteria,
      context: tls === null ? null : new ClientTlsContext(tls, deps.secrets, speaksAlpn),
    }))
    const { discovery } = config
    if (discovery.kind === 'static') this.setEndpoints(discovery.load)
    if (discovery.kind === 'strict-dns') this.resolve(discovery.load)
  }

  /** The name under which endpoints for this cluster are delivered; null if they are not. */
  get endpointsName(): string | null {
    const { discovery } = this.config
    if (discovery.kind !== 'eds') return null
    return discovery.serviceName === '' ? this.config.name : discovery.serviceName
  }

  setEndpoints(load: LoadAssignment): void {
    this.replaceHosts(load.endpoints)
    this.deps.stats.add(this.stats.updateSuccess, 1)
  }

  /**
   * `originalDestination`: where the client wanted to go, for clusters that go there. `avoid`: hosts already tried.
   * `attempts`: how often the balancer is asked again for another one; 0: whatever it says is taken.
   */
  pick(
    originalDestination: { readonly host: string; readonly port: number } | null,
    avoid: readonly Host[],
    attempts: number,
  ): Host | null {
    if (this.config.discovery.kind === 'original-dst') return originalDestination === null ? null : this.originalHost(originalDestination)
    let host = this.balancer.pick(this.hosts)
    for (let i = 0; i < attempts && host !== null && avoid.includes(host); i++) host = this.balancer.pick(this.hosts)
    return host !== null && attempts > 0 && avoid.includes(host) ? (this.untriedHost(avoid) ?? host) : host
  }

  poolOf(host: Host): ConnectionPool {
    host.pool ??= createPool(this, host, this.tlsFor(host))
    return host.pool
  }

  /** The TLS to use towards a host: the first transport socket whose criteria its metadata meets. null: plain text. */
  tlsFor(host: Host): ClientTlsContext | null {
    const labels = host.metadata['envoy.transport_socket_match']
    return this.tls.find(({ criteria }) => meets(labels, criteria))?.context ?? null
  }

  allHosts(): readonly Host[] {
    return this.original.size === 0 ? this.hosts.all : [...this.original.values()]
  }

  /** Idle connections close now, busy ones after their request. */
  close(): void {
    this.closed = true
    this.dnsTimer?.cancel()
    for (const host of this.allHosts()) host.pool?.close()
  }

  /** Chance alone must not repeat a request at the host that failed it while there is another one. */
  private untriedHost(avoid: readonly Host[]): Host | null {
    const untried = this.hosts.eligible.filter(host => !avoid.includes(host))
    return untried[Math.floor(this.deps.random() * untried.length)] ?? null
  }

  private replaceHosts(endpoints: readonly EndpointConfig[]): void {
    const { next, gone } = this.hosts.update(this.config, endpoints)
    this.hosts = next
    for (const host of gone) host.pool?.close()
    this.deps.stats.set(this.stats.membershipTotal, next.all.length)
    this.deps.stats.set(this.stats.membershipHealthy, next.all.filter(host => host.endpoint.healthy).length)
  }

  private originalHost(destination: { readonly host: string; readonly port: number }): Host {
    const key = `${destination.host} ${destination.port}`
    const known = this.original.get(key)
    if (known !== undefined) return known
    if (this.original.size >= MAX_ORIGINAL_HOSTS) this.forgetOneOriginalHost()
    const address = { kind: 'tcp', ...destination } as const
    const endpoint = { address, weight: 1, priority: 0, locality: '', healthy: true, metadata: {} }
    const host = new Host(this.config.name, endpoint, this.config.sourceAddress)
    this.original.set(key, host)
    return host
  }

  private forgetOneOriginalHost(): void {
    for (const [key, host] of this.original) {
      if (host.counters.rqActive > 0 || host.counters.cxActive > 0) continue
      host.pool?.close()
      this.original.delete(key)
      return
    }
  }

  private resolve(load: LoadAssignment): void {
    let waiting = load.endpoints.length
    const found: EndpointConfig[][] = load.endpoints.map(() => [])
    let failed = false
    if (waiting === 0) this.replaceHosts([])
    for (const [i, endpoint] of load.endpoints.entries()) {
      resolveEndpoint(endpoint, resolved => {
        found[i] = resolved ?? []
        failed ||= resolved === null
        if (--waiting > 0 || this.closed) return
        // A name that does not resolve for a moment must not empty a cluster that works.
        if (!failed || this.hosts.all.length === 0) this.replaceHosts(found.flat())
        this.dnsTimer = this.deps.clock.after(DNS_REFRESH_MS, () => this.resolve(load))
      })
    }
  }
}

/** All addresses of the endpoint's name; null when the look-up failed. */
function resolveEndpoint(endpoint: EndpointConfig, done: (endpoints: EndpointConfig[] | null) => void): void {
  const { address } = endpoint
  if (address.kind === 'pipe' || isIP(address.host) !== 0) {
    done([endpoint])
    return
  }
  lookup(address.host, { all: true, family: 4 }, (error, found) => {
    if (error !== null) done(null)
    else done(found.map(({ address: host }) => ({ ...endpoint, address: { kind: 'tcp', host, port: address.port } })))
  })
}

function meets(labels: unknown, criteria: Readonly<Record<string, string>>): boolean {
  const wanted = Object.entries(criteria)
  if (wanted.length === 0) return true
  if (typeof labels !== 'object' || labels === null) return false
  const present = new Map<string, unknown>(Object.entries(labels))
  return wanted.every(([name, value]) => present.get(name) === value)
}

/** ALPN names whose protocol this data plane can speak to an upstream. */
export function speaksAlpn(protocol: string): boolean {
  return protocol !== 'h2'
}
