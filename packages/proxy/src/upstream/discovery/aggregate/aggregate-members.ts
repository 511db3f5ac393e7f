import { DEFAULT_OVERPROVISIONING } from '../../hosts/cluster-hosts.ts'
import { type PriorityHealth, shareLoad } from '../../hosts/priority-load.ts'
import type { ClusterContext } from '../../cluster-context.ts'
import type { Cluster } from '../../cluster.ts'

/** How deep aggregates may hold aggregates: a ring of them must end. */
const MAX_DEPTH = 5

/** The clusters behind an aggregate, whose priorities count as one list (`extensions.clusters.aggregate.v3`). */
export class AggregateMembers {
  private readonly names: readonly string[]
  private readonly context: ClusterContext

  constructor(names: readonly string[], context: ClusterContext) {
    this.names = names
    this.context = context
  }

  /** The cluster that the next request goes to; null when none of them exists. */
  choose(): Cluster | null {
    const { deps, config } = this.context
    const levels = this.members().flatMap(cluster => cluster.priorityHealth(1).map(health => ({ cluster, health })))
    const shares = shareLoad(
      levels.map(({ health }) => health),
      DEFAULT_OVERPROVISIONING,
      config.balancing.panicThreshold,
    )
    let point = shares.length === 1 ? 0 : deps.random() * 100
    const share = shares.find(({ percent }) => (point -= percent) < 0) ?? shares[0]
    return levels[share?.priority ?? 0]?.cluster ?? null
  }

  /** Those of all members, in their order. */
  priorityHealth(depth: number): readonly PriorityHealth[] {
    return depth > MAX_DEPTH ? [] : this.members().flatMap(cluster => cluster.priorityHealth(depth + 1))
  }

  /** The clusters that exist now. */
  private members(): readonly Cluster[] {
    return this.names.flatMap(name => this.context.deps.cluster(name) ?? [])
  }
}
