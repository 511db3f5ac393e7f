import type { Slot, StatScope, StatsRegistry } from '@meshwork/core/metrics'
import type { CircuitLimits } from '../../model/cluster.ts'

/** How much of one limit is taken, shown by Envoy's gauges: `*_open` is 1 while the limit is reached. */
class Resource {
  value = 0
  private readonly max: number
  private readonly registry: StatsRegistry
  private readonly open: Slot
  /** -1: not shown. */
  private readonly remaining: Slot
  private isOpen = false

  constructor(scope: StatScope, short: string, max: number, trackRemaining: boolean) {
    this.max = max
    this.registry = scope.registry
    this.open = scope.gauge(`${short}_open`)
    this.remaining = trackRemaining ? scope.gauge(`remaining_${REMAINING[short] ?? short}`) : -1
    this.registry.set(this.open, max === 0 ? 1 : 0)
    this.isOpen = max === 0
    if (this.remaining >= 0) this.registry.set(this.remaining, max)
  }

  become(value: number): void {
    this.value = value
    const open = value >= this.max
    if (open !== this.isOpen) {
      this.isOpen = open
      this.registry.set(this.open, open ? 1 : 0)
    }
    if (this.remaining >= 0) this.registry.set(this.remaining, Math.max(0, this.max - value))
  }
}

const REMAINING: Readonly<Record<string, string>> = { rq_pending: 'pending', rq_retry: 'retries' }

/** What is in use of the circuit limits of a cluster for requests of one priority. */
export class CircuitUse {
  private readonly limits: CircuitLimits
  private readonly cx: Resource
  private readonly rqPending: Resource
  private readonly rq: Resource
  private readonly rqRetry: Resource

  /** `scope`: `cluster.<name>.circuit_breakers.<priority>.` */
  constructor(limits: CircuitLimits, scope: StatScope) {
    const { trackRemaining } = limits
    this.limits = limits
    this.cx = new Resource(scope, 'cx', limits.maxConnections, trackRemaining)
    this.rqPending = new Resource(scope, 'rq_pending', limits.maxPendingRequests, trackRemaining)
    this.rq = new Resource(scope, 'rq', limits.maxRequests, trackRemaining)
    this.rqRetry = new Resource(scope, 'rq_retry', limits.maxRetries, trackRemaining)
  }

  get connections(): number {
    return this.cx.value
  }

  set connections(value: number) {
    this.cx.become(value)
  }

  get isEmpty(): boolean {
    return this.connections === 0 && this.pending === 0 && this.requests === 0
  }

  get pending(): number {
    return this.rqPending.value
  }

  set pending(value: number) {
    this.rqPending.become(value)
  }

  get requests(): number {
    return this.rq.value
  }

  set requests(value: number) {
    this.rq.become(value)
  }

  get retries(): number {
    return this.rqRetry.value
  }

  set retries(value: number) {
    this.rqRetry.become(value)
  }

  /** Whether one more retry may run: by the budget of the requests under way where there is one, else by number. */
  get admitsRetry(): boolean {
    const { retryBudget, maxRetries } = this.limits
    if (retryBudget === null) return this.retries < maxRetries
    const share = Math.floor(((this.requests + this.pending) * retryBudget.percent) / 100)
    return this.retries < Math.max(share, retryBudget.minRetries)
  }
}
