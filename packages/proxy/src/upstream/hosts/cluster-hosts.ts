import type { EndpointConfig, LoadAssignment } from '../../model/cluster.ts'
import type { BalancerPolicy } from '../balancers/balancer.ts'
import { createBalancerPolicy } from '../balancers/table.ts'
import type { ClusterContext } from '../cluster-context.ts'
import type { Host, HostOwner } from '../host.ts'
import { type HostChange, HostSet } from '../host-set.ts'
import { OutlierDetector } from '../outlier/outlier-detector.ts'
import { SubsetBalancer } from '../subsets/subset-balancer.ts'
import { HostFlag } from './host-flag.ts'
import { type BalancerSettings, type HostChooser, LoadBalancer, priorityHealth } from './load-balancer.ts'
import type { PriorityHealth } from './priority-load.ts'

export const DEFAULT_OVERPROVISIONING = 140

/** What an assignment says beside its endpoints. */
type AssignmentPolicy = Pick<LoadAssignment, 'overprovisioning' | 'weightedHealth'>

/**
 * The hosts of a cluster and the balancer over them. Changes of hosts or of their health only mark the balancer as out of
 * date: the next choice makes a new one, so that many changes at once cost as much as one.
 */
export class ClusterHosts implements HostOwner {
  readonly name: string
  readonly sourceAddress: string | null
  /** null: the cluster does not look for them. */
  readonly outliers: OutlierDetector | null
  private readonly context: ClusterContext
  private readonly set: HostSet
  private readonly policy: BalancerPolicy
  private assignment: AssignmentPolicy = { overprovisioning: DEFAULT_OVERPROVISIONING, weightedHealth: false }
  private chooser: HostChooser | null = null
  private levels: readonly PriorityHealth[] | null = null
  private list: readonly Host[] = []
  private healthWatcher: (host: Host) => void = () => undefined

  constructor(context: ClusterContext) {
    this.name = context.config.name
    this.sourceAddress = context.config.sourceAddress
    this.context = context
    this.set = new HostSet(this)
    const { config, deps, stats } = context
    this.outliers = config.outlier === null ? null : new OutlierDetector(config.outlier, deps, stats.scope)
    this.policy = createBalancerPolicy(context.config.balancer, context.deps)
  }

  /** Tells of each host that becomes usable or unusable. */
  watchHealth(watcher: (host: Host) => void): void {
    this.healthWatcher = watcher
  }

  get all(): readonly Host[] {
    return this.list
  }

  /** The health of the priorities, for aggregates. */
  get priorities(): readonly PriorityHealth[] {
    this.levels ??= priorityHealth(this.list, this.assignment.weightedHealth)
    return this.levels
  }

  get balancer(): HostChooser {
    this.chooser ??= this.build()
    return this.chooser
  }

  setPolicy(assignment: AssignmentPolicy): void {
    this.assignment = assignment
    this.outdate()
  }

  replace(endpoints: readonly EndpointConfig[]): HostChange {
    const { config, deps, stats } = this.context
    const stays = config.healthCheck !== null && !config.ignoreHealthOnRemoval
    const change = this.set.update(endpoints, host => stays && !host.has(HostFlag.failedActiveCheck))
    for (const host of change.added) {
      host.sinceMs = deps.clock.monotonicMs()
      host.context = this.context
      this.outliers?.join(host)
    }
    for (const host of change.gone) this.outliers?.leave(host)
    if (change.added.length + change.gone.length > 0) deps.stats.add(stats.membershipChange, 1)
    this.refresh()
    return change
  }

  /** A host that was only kept until its check failed. */
  remove(host: Host): void {
    this.set.remove(host)
    this.outliers?.leave(host)
    this.context.deps.stats.add(this.context.stats.membershipChange, 1)
    this.refresh()
  }

  close(): void {
    this.outliers?.close()
  }

  onHostHealthChanged(host: Host): void {
    if (!this.set.has(host)) return
    this.outdate()
    this.showMembership()
    this.healthWatcher(host)
  }

  private refresh(): void {
    this.list = this.set.all()
    this.outdate()
    this.showMembership()
  }

  private outdate(): void {
    this.chooser = null
    this.levels = null
  }

  private build(): HostChooser {
    const { config, deps, stats } = this.context
    const settings: BalancerSettings = {
      policy: this.policy,
      rules: config.balancing,
      ...this.assignment,
      random: deps.random,
      onPanic: () => deps.stats.add(stats.lbHealthyPanic, 1),
      localityScale: () => 1,
    }
    if (config.subsets === null) return new LoadBalancer(this.list, settings)
    return new SubsetBalancer(this.list, config.subsets, settings, {
      selected: () => deps.stats.add(stats.lbSubsetsSelected, 1),
      fellBack: () => deps.stats.add(stats.lbSubsetsFallback, 1),
      panicked: () => deps.stats.add(stats.lbSubsetsFallbackPanic, 1),
    })
  }

  private showMembership(): void {
    const { deps, stats } = this.context
    let healthy = 0
    let degraded = 0
    let excluded = 0
    for (const host of this.list) {
      if (host.healthy) healthy++
      else if (host.degraded) degraded++
      if (host.has(HostFlag.excluded | HostFlag.pendingCheck)) excluded++
    }
    deps.stats.set(stats.membershipTotal, this.list.length)
    deps.stats.set(stats.membershipHealthy, healthy)
    deps.stats.set(stats.membershipDegraded, degraded)
    deps.stats.set(stats.membershipExcluded, excluded)
  }
}
