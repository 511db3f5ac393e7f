import type { Slot, StatScope, StatsRegistry } from '@meshwork/core/metrics'
import { HTTP2_COUNTERS, type Http2Counter, type Http2Counters } from '../http2/http2-counters.ts'

/** The counters of HTTP/2 sessions in the registry, under Envoy's names. What they count is rare, but for trailers of gRPC. */
export class Http2Stats implements Http2Counters {
  private readonly registry: StatsRegistry
  private readonly slots: ReadonlyMap<Http2Counter, Slot>

  /** `scope` ends in `http2.`. */
  constructor(registry: StatsRegistry, scope: StatScope) {
    this.registry = registry
    this.slots = new Map(HTTP2_COUNTERS.map(name => [name, scope.counter(name)]))
  }

  count(which: Http2Counter): void {
    const slot = this.slots.get(which)
    if (slot !== undefined) this.registry.add(slot, 1)
  }
}
