import type { Logger } from '@meshwork/core/log'
import type { StatsRegistry } from '@meshwork/core/metrics'
import type { Clock, TimerWheel } from '@meshwork/core/time'
import type { ClusterConfig } from '../model/cluster.ts'
import type { SecretProvider } from '../tls/secrets.ts'
import type { CircuitUse } from './circuit/circuit-use.ts'
import type { Cluster } from './cluster.ts'
import type { ClusterStats } from './cluster-stats.ts'
import type { DnsResolver } from './discovery/dns-resolver.ts'

export interface UpstreamDeps {
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly log: Logger
  readonly stats: StatsRegistry
  readonly secrets: SecretProvider
  readonly dns: DnsResolver
  /** Numbers in [0, 1). */
  readonly random: () => number
  /** For clusters that are made of others. */
  readonly cluster: (name: string) => Cluster | null
}

/** What pools and connections of a cluster need of it. Its limits and their use are those of one request priority. */
export interface ClusterContext {
  readonly config: ClusterConfig
  readonly stats: ClusterStats
  readonly deps: UpstreamDeps
  readonly use: CircuitUse
}
