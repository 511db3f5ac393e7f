import type { Transport } from '../net/transport.ts'
import type { Slot, StatScope, StatsRegistry } from '@meshwork/core/metrics'
import { Http2Stats } from '../telemetry/http2-stats.ts'

/** Slots of one cluster, under Envoy's names (`cluster.<name>.`). */
export class ClusterStats {
  readonly registry: StatsRegistry
  private readonly prefix: string
  private readonly labels: Readonly<Record<string, string>>
  private http2Stats: Http2Stats | null = null
  readonly cxTotal: Slot
  readonly cxActive: Slot
  readonly cxHttp1Total: Slot
  readonly cxHttp2Total: Slot
  readonly cxConnectFail: Slot
  readonly cxConnectTimeout: Slot
  readonly cxOverflow: Slot
  readonly cxNoneHealthy: Slot
  readonly cxDestroy: Slot
  readonly cxRxBytes: Slot
  private readonly cxDestroyLocal: Slot
  private readonly cxDestroyRemote: Slot
  private readonly cxDestroyActive: Slot
  private readonly cxDestroyLocalActive: Slot
  private readonly cxDestroyRemoteActive: Slot
  readonly cxTxBytes: Slot
  readonly cxConnectMs: Slot
  readonly rqTotal: Slot
  readonly rqActive: Slot
  readonly rqCompleted: Slot
  readonly rqPendingTotal: Slot
  readonly rqPendingActive: Slot
  readonly rqPendingOverflow: Slot
  readonly rqPendingFailureEject: Slot
  readonly rqTimeout: Slot
  readonly rqPerTryTimeout: Slot
  readonly rqRetry: Slot
  readonly rqRetrySuccess: Slot
  readonly rqRetryOverflow: Slot
  readonly rqRetryLimit: Slot
  readonly rqRetryExponential: Slot
  readonly rqRetryRateLimited: Slot
  readonly rqMaxDuration: Slot
  readonly rqRxReset: Slot
  readonly rqTxReset: Slot
  readonly rqCancelled: Slot
  readonly rqTime: Slot
  readonly membershipTotal: Slot
  readonly membershipHealthy: Slot
  readonly membershipDegraded: Slot
  readonly membershipExcluded: Slot
  readonly membershipChange: Slot
  readonly updateAttempt: Slot
  readonly updateSuccess: Slot
  readonly updateFailure: Slot
  readonly updateNoRebuild: Slot
  readonly lbHealthyPanic: Slot
  readonly lbSubsetsSelected: Slot
  readonly lbSubsetsFallback: Slot
  readonly lbSubsetsFallbackPanic: Slot
  readonly rqDropOverload: Slot
  /** `cluster.<name>.` */
  readonly scope: StatScope
  private readonly classes: readonly Slot[]
  private readonly codes: number[] = Array.from({ length: 600 }, () => -1)

  constructor(registry: StatsRegistry, cluster: string) {
    this.prefix = `cluster.${cluster}.`
    this.labels = { envoy_cluster_name: cluster }
    const scope = registry.scope(this.prefix, 'envoy_cluster_', this.labels)
    this.registry = registry
    this.scope = scope
    this.cxTotal = scope.counter('upstream_cx_total')
    this.cxActive = scope.gauge('upstream_cx_active')
    this.cxHttp1Total = scope.counter('upstream_cx_http1_total')
    this.cxHttp2Total = scope.counter('upstream_cx_http2_total')
    this.cxConnectFail = scope.counter('upstream_cx_connect_fail')
    this.cxConnectTimeout = scope.counter('upstream_cx_connect_timeout')
    this.cxOverflow = scope.counter('upstream_cx_overflow')
    this.cxNoneHealthy = scope.counter('upstream_cx_none_healthy')
    this.cxDestroy = scope.counter('upstream_cx_destroy')
    this.cxDestroyLocal = scope.counter('upstream_cx_destroy_local')
    this.cxDestroyRemote = scope.counter('upstream_cx_destroy_remote')
    this.cxDestroyActive = scope.counter('upstream_cx_destroy_with_active_rq')
    this.cxDestroyLocalActive = scope.counter('upstream_cx_destroy_local_with_active_rq')
    this.cxDestroyRemoteActive = scope.counter('upstream_cx_destroy_remote_with_active_rq')
    this.cxRxBytes = scope.counter('upstream_cx_rx_bytes_total')
    this.cxTxBytes = scope.counter('upstream_cx_tx_bytes_total')
    this.cxConnectMs = scope.histogram('upstream_cx_connect_ms')
    this.rqTotal = scope.counter('upstream_rq_total')
    this.rqActive = scope.gauge('upstream_rq_active')
    this.rqCompleted = scope.counter('upstream_rq_completed')
    this.rqPendingTotal = scope.counter('upstream_rq_pending_total')
    this.rqPendingActive = scope.gauge('upstream_rq_pending_active')
    this.rqPendingOverflow = scope.counter('upstream_rq_pending_overflow')
    this.rqPendingFailureEject = scope.counter('upstream_rq_pending_failure_eject')
    this.rqTimeout = scope.counter('upstream_rq_timeout')
    this.rqPerTryTimeout = scope.counter('upstream_rq_per_try_timeout')
    this.rqRetry = scope.counter('upstream_rq_retry')
    this.rqRetrySuccess = scope.counter('upstream_rq_retry_success')
    this.rqRetryOverflow = scope.counter('upstream_rq_retry_overflow')
    this.rqRetryLimit = scope.counter('upstream_rq_retry_limit_exceeded')
    this.rqRetryExponential = scope.counter('upstream_rq_retry_backoff_exponential')
    this.rqRetryRateLimited = scope.counter('upstream_rq_retry_backoff_ratelimited')
    this.rqMaxDuration = scope.counter('upstream_rq_max_duration_reached')
    this.rqRxReset = scope.counter('upstream_rq_rx_reset')
    this.rqTxReset = scope.counter('upstream_rq_tx_reset')
    this.rqCancelled = scope.counter('upstream_rq_cancelled')
    this.rqTime = scope.histogram('upstream_rq_time')
    this.membershipTotal = scope.gauge('membership_total')
    this.membershipHealthy = scope.gauge('membership_healthy')
    this.membershipDegraded = scope.gauge('membership_degraded')
    this.membershipExcluded = scope.gauge('membership_excluded')
    this.membershipChange = scope.counter('membership_change')
    this.updateAttempt = scope.counter('update_attempt')
    this.updateSuccess = scope.counter('update_success')
    this.updateFailure = scope.counter('update_failure')
    this.updateNoRebuild = scope.counter('update_no_rebuild')
    this.lbHealthyPanic = scope.counter('lb_healthy_panic')
    this.lbSubsetsSelected = scope.counter('lb_subsets_selected')
    this.lbSubsetsFallback = scope.counter('lb_subsets_fallback')
    this.lbSubsetsFallbackPanic = scope.counter('lb_subsets_fallback_panic')
    this.rqDropOverload = scope.counter('upstream_rq_drop_overload')
    this.classes = [1, 2, 3, 4, 5].map(digit =>
      scope.taggedCounter(`upstream_rq_${digit}xx`, 'upstream_rq_xx', { envoy_response_code_class: String(digit) }),
    )
  }

  /** Made when the first connection speaks HTTP/2: most clusters never have one. */
  get http2(): Http2Stats {
    this.http2Stats ??= new Http2Stats(this.registry, this.registry.scope(`${this.prefix}http2.`, 'envoy_cluster_http2_', this.labels))
    return this.http2Stats
  }

  /** An HTTP connection is gone. `active`: while it carried a request. */
  ended({ bytesRead, bytesWritten, peerLeft }: Transport, active: boolean): void {
    const { registry } = this
    registry.add(this.cxRxBytes, bytesRead)
    registry.add(this.cxTxBytes, bytesWritten)
    registry.add(peerLeft ? this.cxDestroyRemote : this.cxDestroyLocal, 1)
    if (!active) return
    registry.add(this.cxDestroyActive, 1)
    registry.add(peerLeft ? this.cxDestroyRemoteActive : this.cxDestroyLocalActive, 1)
  }

  /** Counts a response (or the local reply that stands for one) by status and class. */
  response(status: number): void {
    const { registry } = this
    registry.add(this.rqCompleted, 1)
    const slot = this.classes[Math.floor(status / 100) - 1]
    if (slot !== undefined) registry.add(slot, 1)
    registry.add(this.codeSlot(status), 1)
  }

  /** Counts a response that was not passed on, because the request was repeated (`retry.upstream_rq_…`). */
  repeatedResponse(status: number): void {
    const { registry, scope } = this
    for (const name of [`${status}`, `${Math.floor(status / 100)}xx`, 'completed'])
      registry.add(scope.counter(`retry.upstream_rq_${name}`), 1)
  }

  private codeSlot(status: number): Slot {
    const known = this.codes[status] ?? -1
    if (known >= 0) return known
    const slot = this.scope.taggedCounter(`upstream_rq_${status}`, 'upstream_rq', { envoy_response_code: String(status) })
    if (status < this.codes.length) this.codes[status] = slot
    return slot
  }
}
