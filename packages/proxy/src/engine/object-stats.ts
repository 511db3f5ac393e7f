import type { Slot, StatsRegistry } from '@meshwork/core/metrics'

/** How many there are now. */
export interface ObjectCounts {
  readonly clusters: number
  readonly listeners: number
  /** Listeners that no longer accept, with connections left. */
  readonly draining: number
}

/** What is configured and how often it changed, under the names of Envoy's cluster manager and listener manager. */
export class ObjectStats {
  private readonly stats: StatsRegistry
  private readonly clusterAdded: Slot
  private readonly clusterModified: Slot
  private readonly clusterGone: Slot
  private readonly listener: Readonly<Record<'added' | 'modified' | 'in-place', Slot>>
  private readonly listenerGone: Slot
  private readonly createSuccess: Slot
  private readonly createFailure: Slot

  constructor(stats: StatsRegistry, counts: () => ObjectCounts) {
    this.stats = stats
    const clusters = stats.scope('cluster_manager.', 'envoy_cluster_manager_', {})
    const listeners = stats.scope('listener_manager.', 'envoy_listener_manager_', {})
    this.clusterAdded = clusters.counter('cluster_added')
    this.clusterModified = clusters.counter('cluster_modified')
    this.clusterGone = clusters.counter('cluster_removed')
    this.listener = {
      added: listeners.counter('listener_added'),
      modified: listeners.counter('listener_modified'),
      'in-place': listeners.counter('listener_in_place_updated'),
    }
    this.listenerGone = listeners.counter('listener_removed')
    this.createSuccess = listeners.counter('listener_create_success')
    this.createFailure = listeners.counter('listener_create_failure')
    const activeClusters = clusters.gauge('active_clusters')
    const activeListeners = listeners.gauge('total_listeners_active')
    const drainingListeners = listeners.gauge('total_listeners_draining')
    stats.set(listeners.gauge('workers_started'), 1)
    stats.onRead(() => {
      const { clusters: active, listeners: bound, draining } = counts()
      stats.set(activeClusters, active)
      stats.set(activeListeners, bound)
      stats.set(drainingListeners, draining)
    })
  }

  clusterSet(existed: boolean): void {
    this.stats.add(existed ? this.clusterModified : this.clusterAdded, 1)
  }

  clusterRemoved(): void {
    this.stats.add(this.clusterGone, 1)
  }

  /** `in-place`: other filter chains on the same socket, which counts as modified too, as in Envoy. */
  listenerSet(how: 'added' | 'modified' | 'in-place'): void {
    this.stats.add(this.listener[how], 1)
    if (how === 'in-place') this.stats.add(this.listener.modified, 1)
    this.stats.add(this.createSuccess, 1)
  }

  listenerFailed(): void {
    this.stats.add(this.createFailure, 1)
  }

  listenerRemoved(): void {
    this.stats.add(this.listenerGone, 1)
  }
}
