import type { Slot, StatScope } from '@meshwork/core/metrics'

/** What made a host an outlier, as Envoy's figures name it. */
export const OUTLIER_KINDS = [
  'consecutive_5xx',
  'consecutive_gateway_failure',
  'consecutive_local_origin_failure',
  'success_rate',
  'local_origin_success_rate',
  'failure_percentage',
  'local_origin_failure_percentage',
] as const

export type OutlierKind = (typeof OUTLIER_KINDS)[number]

/** Slots of `cluster.<name>.outlier_detection.`, under Envoy's names. */
export class OutlierStats {
  readonly active: Slot
  readonly overflow: Slot
  readonly enforcedTotal: Slot
  /** Older names, which count by other rules and which dashboards still read. */
  private readonly total: Slot
  private readonly old5xx: Slot
  private readonly oldSuccessRate: Slot
  private readonly scope: StatScope
  private readonly detected: ReadonlyMap<OutlierKind, Slot>
  private readonly enforced: ReadonlyMap<OutlierKind, Slot>

  constructor(cluster: StatScope) {
    const scope = cluster.child('outlier_detection.')
    this.scope = scope
    this.active = scope.gauge('ejections_active')
    this.overflow = scope.counter('ejections_overflow')
    this.enforcedTotal = scope.counter('ejections_enforced_total')
    this.total = scope.counter('ejections_total')
    this.old5xx = scope.counter('ejections_consecutive_5xx')
    this.oldSuccessRate = scope.counter('ejections_success_rate')
    this.detected = new Map(OUTLIER_KINDS.map(kind => [kind, scope.counter(`ejections_detected_${kind}`)]))
    this.enforced = new Map(OUTLIER_KINDS.map(kind => [kind, scope.counter(`ejections_enforced_${kind}`)]))
  }

  countDetected(kind: OutlierKind): void {
    this.add(this.detected.get(kind), 1)
    if (kind === 'consecutive_5xx') this.add(this.old5xx, 1)
    if (kind === 'success_rate' || kind === 'local_origin_success_rate') this.add(this.oldSuccessRate, 1)
  }

  /** The limit of ejected hosts would have let it go, whether or not chance did. */
  countAdmitted(kind: OutlierKind): void {
    if (kind === 'consecutive_5xx' || kind === 'success_rate') this.add(this.total, 1)
  }

  countEjected(kind: OutlierKind): void {
    this.add(this.enforced.get(kind), 1)
    this.add(this.enforcedTotal, 1)
  }

  countOverflow(): void {
    this.add(this.overflow, 1)
  }

  /** Adds, so that two clusters of one name, of which one is leaving, show their sum. */
  changeActive(by: number): void {
    this.add(this.active, by)
  }

  private add(slot: Slot | undefined, by: number): void {
    if (slot !== undefined) this.scope.registry.add(slot, by)
  }
}
