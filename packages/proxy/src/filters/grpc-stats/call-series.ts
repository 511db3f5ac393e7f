import type { Slot, StatScope, StatsRegistry } from '@meshwork/core/metrics'
import type { MethodName } from './method-names.ts'

/** Statuses of google.rpc.Code; others have no counter of their own. */
const STATUSES = 17

/** Slots of the calls of one cluster, or of one method of it: `cluster.<name>.grpc.[<service>.<method>.]…`. */
export class CallSeries {
  readonly requestMessages: Slot
  readonly responseMessages: Slot
  private readonly registry: StatsRegistry
  private readonly scope: StatScope
  private readonly total: Slot
  private readonly success: Slot
  private readonly failure: Slot
  private readonly byStatus: (Slot | undefined)[] = []
  private time: Slot | null = null

  constructor(registry: StatsRegistry, cluster: string, name: MethodName | null) {
    const own = name === null ? '' : `${name.service}.${name.method}.`
    const labels = name === null ? {} : { envoy_grpc_bridge_service: name.service, envoy_grpc_bridge_method: name.method }
    this.registry = registry
    this.scope = registry.scope(`cluster.${cluster}.grpc.${own}`, 'envoy_cluster_grpc_', { envoy_cluster_name: cluster, ...labels })
    this.total = this.scope.counter('total')
    this.success = this.scope.counter('success')
    this.failure = this.scope.counter('failure')
    this.requestMessages = this.scope.counter('request_message_count')
    this.responseMessages = this.scope.counter('response_message_count')
  }

  /** A call that ended with this `grpc-status`. What is none of gRPC's counts as a failure, but makes no statistic of its own. */
  ended(status: string): void {
    const { registry } = this
    registry.add(this.total, 1)
    registry.add(status === '0' ? this.success : this.failure, 1)
    const code = /^\d{1,2}$/.test(status) ? Number(status) : STATUSES
    if (code < STATUSES) registry.add((this.byStatus[code] ??= this.scope.counter(String(code))), 1)
  }

  took(milliseconds: number): void {
    this.time ??= this.scope.histogram('upstream_rq_time')
    this.registry.record(this.time, milliseconds)
  }
}
