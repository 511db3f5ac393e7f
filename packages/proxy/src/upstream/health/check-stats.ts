import type { Slot, StatsRegistry } from '@meshwork/core/metrics'
import type { ClusterStats } from '../cluster-stats.ts'

/** `cluster.<name>.health_check.` under Envoy's names. */
export class CheckStats {
  readonly registry: StatsRegistry
  readonly attempt: Slot
  readonly success: Slot
  readonly failure: Slot
  readonly passiveFailure: Slot
  readonly networkFailure: Slot
  readonly healthy: Slot
  readonly degraded: Slot

  constructor({ scope }: ClusterStats) {
    this.registry = scope.registry
    this.attempt = scope.counter('health_check.attempt')
    this.success = scope.counter('health_check.success')
    this.failure = scope.counter('health_check.failure')
    this.passiveFailure = scope.counter('health_check.passive_failure')
    this.networkFailure = scope.counter('health_check.network_failure')
    this.healthy = scope.gauge('health_check.healthy')
    this.degraded = scope.gauge('health_check.degraded')
  }
}
