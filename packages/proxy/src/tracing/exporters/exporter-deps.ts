import type { StatsRegistry } from '@meshwork/core/metrics'
import type { Clock } from '@meshwork/core/time'

export interface ExporterDeps {
  readonly clock: Clock
  readonly stats: StatsRegistry
  /** Name under which this proxy reports (Envoy: the node's cluster). */
  readonly serviceName: string
  /** `host:port` of an endpoint of the cluster, or null while there is none. */
  readonly addressOf: (cluster: string) => string | null
}
