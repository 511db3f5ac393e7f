import type { Slot, StatsRegistry } from '@meshwork/core/metrics'
import { CLUSTER_TYPE, ENDPOINT_TYPE, LISTENER_TYPE, ROUTE_TYPE } from '@meshwork/xds/types'

/** Scope of each type, as in Envoy's statistics. */
const SCOPES: ReadonlyMap<string, string> = new Map([
  [CLUSTER_TYPE, 'cluster_manager.cds.'],
  [ENDPOINT_TYPE, 'cluster_manager.eds.'],
  [LISTENER_TYPE, 'listener_manager.lds.'],
  [ROUTE_TYPE, 'http.rds.'],
])

interface Slots {
  readonly attempt: Slot
  readonly success: Slot
  readonly rejected: Slot
}

/** Counts what became of each response: `listener_manager.lds.update_rejected` and its like. */
export class XdsStats {
  private readonly registry: StatsRegistry
  private readonly slots: ReadonlyMap<string, Slots>

  constructor(registry: StatsRegistry) {
    this.registry = registry
    this.slots = new Map(
      [...SCOPES].map(([typeUrl, prefix]) => {
        const scope = registry.scope(prefix, `envoy_${prefix.replaceAll('.', '_')}`, {})
        return [
          typeUrl,
          {
            attempt: scope.counter('update_attempt'),
            success: scope.counter('update_success'),
            rejected: scope.counter('update_rejected'),
          },
        ]
      }),
    )
  }

  answered(typeUrl: string, error: string | null): void {
    const slots = this.slots.get(typeUrl)
    if (slots === undefined) return
    this.registry.add(slots.attempt, 1)
    this.registry.add(error === null ? slots.success : slots.rejected, 1)
  }
}
