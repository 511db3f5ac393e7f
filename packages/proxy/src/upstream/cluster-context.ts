import type { StatsRegistry } from '@meshwork/core/metrics'
import type { Clock, TimerWheel } from '@meshwork/core/time'
import type { ClusterConfig } from '../model/cluster.ts'
import type { SecretProvider } from '../tls/secrets.ts'
import type { ClusterStats } from './cluster-stats.ts'

export interface UpstreamDeps {
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly stats: StatsRegistry
  readonly secrets: SecretProvider
  /** Numbers in [0, 1). */
  readonly random: () => number
}

/** What is in use of a cluster's circuit limits. Shared by the versions of a cluster that an update replaces. */
export class CircuitUse {
  connections = 0
  pending = 0
  requests = 0
  retries = 0
}

/** What pools and connections of a cluster need of it. */
export interface ClusterContext {
  readonly config: ClusterConfig
  readonly stats: ClusterStats
  readonly deps: UpstreamDeps
  readonly use: CircuitUse
}
