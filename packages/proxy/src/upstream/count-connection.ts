import type { ClusterContext } from './cluster-context.ts'
import type { Host } from './host.ts'

/** A connection to the host is begun: it counts for the host, and for the cluster and its `max_connections`. */
export function countConnection({ use, stats, deps }: ClusterContext, host: Host): void {
  use.connections++
  host.counters.cxTotal++
  host.counters.cxActive++
  deps.stats.add(stats.cxTotal, 1)
  deps.stats.add(stats.cxActive, 1)
}

/** The connection is gone for whatever reason. */
export function uncountConnection({ use, stats, deps }: ClusterContext, host: Host): void {
  use.connections--
  host.counters.cxActive--
  deps.stats.add(stats.cxActive, -1)
  deps.stats.add(stats.cxDestroy, 1)
}

/** Whether a pool may connect once more. At the limit, which is counted, only a host without any connection: so its queue moves, as with Envoy. */
export function mayConnect({ config, use, stats, deps }: ClusterContext, host: Host): boolean {
  if (use.connections < config.limits.maxConnections) return true
  deps.stats.add(stats.cxOverflow, 1)
  return host.counters.cxActive === 0
}
