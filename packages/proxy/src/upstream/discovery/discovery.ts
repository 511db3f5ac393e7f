import type { EndpointConfig } from '../../model/cluster.ts'
import type { ClusterStats } from '../cluster-stats.ts'
import type { UpstreamDeps } from '../cluster-context.ts'

/** The cluster, as the source of its endpoints sees it. */
export interface DiscoveryOwner {
  readonly deps: UpstreamDeps
  readonly stats: ClusterStats
  /** These are the endpoints from now on. */
  replaceEndpoints(endpoints: readonly EndpointConfig[]): void
  /** The first answer is there, be it that there are no endpoints. May be said again. */
  discovered(): void
}

/** Where the endpoints of a cluster come from. */
export interface Discovery {
  start(): void
  close(): void
}
