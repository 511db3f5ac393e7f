import type { HealthCheckConfig } from '../../model/health-check.ts'
import type { ClusterContext, UpstreamDeps } from '../cluster-context.ts'
import type { Host } from '../host.ts'
import { HostFlag } from '../hosts/host-flag.ts'
import type { UpstreamSocket } from '../upstream-socket.ts'
import { CheckSession, type CheckSessionOwner } from './check-session.ts'
import { CheckStats } from './check-stats.ts'
import { checkContext, checkTarget } from './check-target.ts'
import type { Checker, CheckerOwner } from './checker.ts'
import { createChecker } from './table.ts'

/** The cluster, as the checks of its hosts need it. */
export interface CheckedCluster extends ClusterContext {
  /** How connections for checks of a host are made; null: plain text. */
  checkSocket(host: Host): UpstreamSocket | null
  /** A host that left the cluster and was kept failed its checks. */
  onHostLost(host: Host): void
  /** A host failed its checks. */
  onHostUnfit(host: Host): void
}

/** The active checks of a cluster's hosts. */
export class HealthChecks implements CheckSessionOwner {
  readonly config: HealthCheckConfig
  readonly deps: UpstreamDeps
  readonly stats: CheckStats
  private readonly cluster: CheckedCluster
  private readonly context: ClusterContext
  private readonly sessions = new Map<Host, CheckSession>()

  constructor(config: HealthCheckConfig, cluster: CheckedCluster) {
    this.config = config
    this.cluster = cluster
    this.deps = cluster.deps
    this.stats = new CheckStats(cluster.stats)
    this.context = checkContext(cluster, config)
  }

  get hadTraffic(): boolean {
    const { stats } = this.cluster
    return stats.registry.value(stats.cxTotal) > 0
  }

  /** New hosts are unhealthy until a check says otherwise. */
  add(hosts: readonly Host[]): void {
    const flags = HostFlag.failedActiveCheck | (this.cluster.config.balancing.ignoreNewHostsUntilFirstCheck ? HostFlag.pendingCheck : 0)
    for (const host of hosts) {
      if (host.endpoint.check?.disabled === true) continue
      host.mark(flags)
      const session = new CheckSession(host, this)
      host.check = session
      this.sessions.set(host, session)
      session.start()
    }
  }

  remove(hosts: readonly Host[]): void {
    for (const host of hosts) {
      this.sessions.get(host)?.close()
      this.sessions.delete(host)
      host.check = null
    }
  }

  close(): void {
    this.remove([...this.sessions.keys()])
  }

  createChecker(host: Host, owner: CheckerOwner): Checker {
    return createChecker(this.config, checkTarget(this.context, host, this.config.altPort, this.cluster.checkSocket(host)), owner)
  }

  onChanged(host: Host): void {
    if (!host.has(HostFlag.failedActiveCheck)) {
      host.sinceMs = this.deps.clock.monotonicMs()
      return
    }
    this.cluster.onHostUnfit(host)
    if (!host.has(HostFlag.pendingRemoval)) return
    this.remove([host])
    this.cluster.onHostLost(host)
  }
}
