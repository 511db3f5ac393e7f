import type { Slot, StatScope } from '@meshwork/core/metrics'

/** `http.<prefix>.fault.*` */
export class FaultStats {
  /** Faults under way in this filter. */
  activeNow = 0
  private readonly scope: StatScope
  private readonly delays: Slot
  private readonly aborts: Slot
  private readonly brakes: Slot
  private readonly overflow: Slot
  private readonly gauge: Slot

  constructor(scope: StatScope) {
    this.scope = scope
    this.delays = scope.counter('fault.delays_injected')
    this.aborts = scope.counter('fault.aborts_injected')
    this.brakes = scope.counter('fault.response_rl_injected')
    this.overflow = scope.counter('fault.faults_overflow')
    this.gauge = scope.gauge('fault.active_faults')
  }

  delayed(): void {
    this.scope.registry.add(this.delays, 1)
  }

  aborted(): void {
    this.scope.registry.add(this.aborts, 1)
  }

  slowed(): void {
    this.scope.registry.add(this.brakes, 1)
  }

  overflowed(): void {
    this.scope.registry.add(this.overflow, 1)
  }

  active(change: number): void {
    this.activeNow += change
    this.scope.registry.add(this.gauge, change)
  }
}
