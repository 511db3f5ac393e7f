import type { UpstreamFacts } from '../filters/filter.ts'
import type { EndpointConfig, EndpointHealth } from '../model/cluster.ts'
import { addressText } from '../net/address.ts'
import type { ClusterContext } from './cluster-context.ts'
import type { ConnectionPool } from './connection-pool.ts'
import type { KeyedPools } from './keyed-pools.ts'
import { DEGRADED_FLAGS, HostFlag, UNHEALTHY_FLAGS } from './hosts/host-flag.ts'
import type { HostMonitor } from './outlier/host-monitor.ts'

/** Envoy's per-host figures. */
export class HostCounters {
  cxTotal = 0
  cxActive = 0
  cxConnectFail = 0
  rqTotal = 0
  rqActive = 0
  rqSuccess = 0
  rqError = 0
  rqTimeout = 0
}

/** A connection through us that must not outlive the health of its host. */
export interface HostDependent {
  onHostFailed(): void
}

/** The active checks of a host. */
export interface HostCheck {
  /** A response told that the host wants no more requests. */
  failNow(): void
}

/** Who is told when a host becomes usable or unusable. */
export interface HostOwner {
  readonly name: string
  readonly sourceAddress: string | null
  onHostHealthChanged(host: Host): void
}

/**
 * One endpoint of a cluster while it is known. Survives updates that leave its address as it is, with its connections,
 * counts and health.
 */
export class Host implements UpstreamFacts {
  readonly cluster: string
  readonly address: string
  readonly host: string
  readonly port: number
  /** Local address of connections to it; null: the system chooses. */
  readonly sourceAddress: string | null
  readonly counters: HostCounters = new HostCounters()
  endpoint: EndpointConfig
  /** Monotonic milliseconds when it joined or became healthy last. */
  sinceMs = 0
  /** Made when the first request goes to this host; one for each request priority. */
  pool: ConnectionPool | null = null
  highPool: ConnectionPool | null = null
  /** For connections that depend on who they are for. */
  ownPools: KeyedPools | null = null
  /** The cluster that made the host: aggregates give hosts of others. */
  context: ClusterContext | null = null
  /** Is told how attempts at this host end, where its cluster looks for outliers. */
  outlier: HostMonitor | null = null
  /** Connections that end when it fails (`close_connections_on_host_health_failure`); null: never any. */
  dependents: Set<HostDependent> | null = null
  /** null: it is not checked. */
  check: HostCheck | null = null
  private readonly owner: HostOwner | null
  private bits: number

  constructor(owner: HostOwner, endpoint: EndpointConfig) {
    this.cluster = owner.name
    this.owner = owner
    this.endpoint = endpoint
    this.sourceAddress = owner.sourceAddress
    this.address = addressText(endpoint.address)
    this.host = endpoint.address.kind === 'tcp' ? endpoint.address.host : endpoint.address.path
    this.port = endpoint.address.kind === 'tcp' ? endpoint.address.port : 0
    this.bits = flagsOf(endpoint.health)
  }

  get metadata(): Readonly<Record<string, unknown>> {
    return this.endpoint.metadata
  }

  /** For rewritten host headers, hashing and checks. May be empty. */
  get hostname(): string {
    return this.endpoint.hostname
  }

  /** Bits of `HostFlag`. */
  get flags(): number {
    return this.bits
  }

  get healthy(): boolean {
    return (this.bits & (UNHEALTHY_FLAGS | DEGRADED_FLAGS)) === 0
  }

  get degraded(): boolean {
    return (this.bits & UNHEALTHY_FLAGS) === 0 && (this.bits & DEGRADED_FLAGS) !== 0
  }

  has(flag: number): boolean {
    return (this.bits & flag) !== 0
  }

  mark(flag: number): void {
    this.become(this.bits | flag)
  }

  unmark(flag: number): void {
    this.become(this.bits & ~flag)
  }

  /** Clears and sets flags as one change. */
  change(set: number, clear: number): void {
    this.become((this.bits & ~clear) | set)
  }

  /** What the control plane says of it now. */
  update(endpoint: EndpointConfig): void {
    this.endpoint = endpoint
    const kept = this.bits & ~(HostFlag.failedEds | HostFlag.degradedEds | HostFlag.edsDraining | HostFlag.pendingRemoval)
    this.become(kept | flagsOf(endpoint.health))
  }

  closePools(): void {
    this.pool?.close()
    this.highPool?.close()
    this.ownPools?.close()
  }

  /** New requests make new connections; those that there are end with what they carry. */
  dropPools(): void {
    this.closePools()
    this.pool = null
    this.highPool = null
    this.ownPools = null
  }

  /** It failed its checks or was ejected. */
  fail(): void {
    this.dropPools()
    for (const dependent of [...(this.dependents ?? [])]) dependent.onHostFailed()
  }

  private become(bits: number): void {
    if (bits === this.bits) return
    this.bits = bits
    this.owner?.onHostHealthChanged(this)
  }
}

function flagsOf(health: EndpointHealth): number {
  switch (health) {
    case 'unhealthy':
    case 'timeout':
      return HostFlag.failedEds
    case 'draining':
      return HostFlag.edsDraining
    case 'degraded':
      return HostFlag.degradedEds
    default:
      return HostFlag.none
  }
}
