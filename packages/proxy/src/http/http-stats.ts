import type { Transport } from '../net/transport.ts'
import type { Slot, StatScope, StatsRegistry } from '@meshwork/core/metrics'
import { Http2Stats } from '../telemetry/http2-stats.ts'

/** Slots of one connection manager, under Envoy's names (`http.<stat_prefix>.`). */
export class HttpStats {
  readonly registry: StatsRegistry
  readonly scope: StatScope
  readonly cxTotal: Slot
  readonly cxActive: Slot
  readonly cxDestroy: Slot
  readonly cxRxBytes: Slot
  readonly cxTxBytes: Slot
  readonly cxProtocolError: Slot
  readonly cxDrainClose: Slot
  readonly cxIdleTimeout: Slot
  readonly cxMaxDuration: Slot
  readonly rqTimeout: Slot
  readonly cxMaxRequests: Slot
  readonly rqTotal: Slot
  readonly rqHttp1Total: Slot
  readonly rqHttp2Total: Slot
  readonly cxHttp1Total: Slot
  readonly cxHttp1Active: Slot
  readonly cxHttp2Total: Slot
  readonly cxHttp2Active: Slot
  readonly rqActive: Slot
  readonly rqCompleted: Slot
  readonly rqTime: Slot
  readonly rqRxReset: Slot
  readonly rqTxReset: Slot
  readonly rqIdleTimeout: Slot
  readonly rqMaxDuration: Slot
  readonly rqHeaderTimeout: Slot
  /** Requests that came to the router, and those that it answered itself. */
  readonly routedTotal: Slot
  readonly redirected: Slot
  readonly directResponse: Slot
  readonly noRoute: Slot
  readonly noCluster: Slot
  /** Of all listeners together, as with Envoy. */
  readonly http2: Http2Stats
  readonly cxLengthMs: Slot
  private readonly cxDestroyLocal: Slot
  private readonly cxDestroyRemote: Slot
  private readonly cxDestroyActive: Slot
  private readonly cxDestroyLocalActive: Slot
  private readonly cxDestroyRemoteActive: Slot
  private readonly classes: readonly Slot[]
  /** The same of one listener. */
  private readonly listenerCompleted: Slot
  private readonly listenerClasses: readonly Slot[]

  /** `listener`: how statistics call the listener that the connection manager belongs to. */
  constructor(registry: StatsRegistry, prefix: string, listener: string) {
    const scope = registry.scope(`http.${prefix}.`, 'envoy_http_', { envoy_http_conn_manager_prefix: prefix })
    this.registry = registry
    this.http2 = new Http2Stats(registry, registry.scope('http2.', 'envoy_http2_', {}))
    this.scope = scope
    this.cxTotal = scope.counter('downstream_cx_total')
    this.cxActive = scope.gauge('downstream_cx_active')
    this.cxDestroy = scope.counter('downstream_cx_destroy')
    this.cxRxBytes = scope.counter('downstream_cx_rx_bytes_total')
    this.cxTxBytes = scope.counter('downstream_cx_tx_bytes_total')
    this.cxProtocolError = scope.counter('downstream_cx_protocol_error')
    this.cxDrainClose = scope.counter('downstream_cx_drain_close')
    this.cxIdleTimeout = scope.counter('downstream_cx_idle_timeout')
    this.rqTimeout = scope.counter('downstream_rq_timeout')
    this.cxMaxDuration = scope.counter('downstream_cx_max_duration_reached')
    this.cxMaxRequests = scope.counter('downstream_cx_max_requests_reached')
    this.rqTotal = scope.counter('downstream_rq_total')
    this.rqHttp1Total = scope.counter('downstream_rq_http1_total')
    this.rqHttp2Total = scope.counter('downstream_rq_http2_total')
    this.cxHttp1Total = scope.counter('downstream_cx_http1_total')
    this.cxHttp1Active = scope.gauge('downstream_cx_http1_active')
    this.cxHttp2Total = scope.counter('downstream_cx_http2_total')
    this.cxHttp2Active = scope.gauge('downstream_cx_http2_active')
    this.rqActive = scope.gauge('downstream_rq_active')
    this.rqCompleted = scope.counter('downstream_rq_completed')
    this.rqTime = scope.histogram('downstream_rq_time')
    this.rqRxReset = scope.counter('downstream_rq_rx_reset')
    this.rqTxReset = scope.counter('downstream_rq_tx_reset')
    this.rqIdleTimeout = scope.counter('downstream_rq_idle_timeout')
    this.rqMaxDuration = scope.counter('downstream_rq_max_duration_reached')
    this.rqHeaderTimeout = scope.counter('downstream_rq_header_timeout')
    this.routedTotal = scope.counter('rq_total')
    this.redirected = scope.counter('rq_redirect')
    this.directResponse = scope.counter('rq_direct_response')
    this.noRoute = scope.counter('no_route')
    this.noCluster = scope.counter('no_cluster')
    this.cxDestroyLocal = scope.counter('downstream_cx_destroy_local')
    this.cxDestroyRemote = scope.counter('downstream_cx_destroy_remote')
    this.cxDestroyActive = scope.counter('downstream_cx_destroy_active_rq')
    this.cxDestroyLocalActive = scope.counter('downstream_cx_destroy_local_active_rq')
    this.cxDestroyRemoteActive = scope.counter('downstream_cx_destroy_remote_active_rq')
    this.cxLengthMs = scope.histogram('downstream_cx_length_ms')
    this.classes = classSlots(scope)
    const ofListener = registry.scope(`listener.${listener}.http.${prefix}.`, 'envoy_listener_http_', {
      envoy_listener_address: listener,
      envoy_http_conn_manager_prefix: prefix,
    })
    this.listenerCompleted = ofListener.counter('downstream_rq_completed')
    this.listenerClasses = classSlots(ofListener)
  }

  /** A connection has ended. `active`: while it served a request. */
  closed({ bytesRead, bytesWritten, peerLeft }: Transport, lastedMs: number, active: boolean): void {
    const { registry } = this
    registry.add(this.cxActive, -1)
    registry.add(this.cxDestroy, 1)
    registry.add(peerLeft ? this.cxDestroyRemote : this.cxDestroyLocal, 1)
    if (active) {
      registry.add(this.cxDestroyActive, 1)
      registry.add(peerLeft ? this.cxDestroyRemoteActive : this.cxDestroyLocalActive, 1)
    }
    registry.add(this.cxRxBytes, bytesRead)
    registry.add(this.cxTxBytes, bytesWritten)
    registry.record(this.cxLengthMs, lastedMs)
  }

  add(slot: Slot, amount: number): void {
    this.registry.add(slot, amount)
  }

  response(status: number): void {
    const { registry } = this
    const place = Math.floor(status / 100) - 1
    const slot = this.classes[place]
    const listenerSlot = this.listenerClasses[place]
    registry.add(this.rqCompleted, 1)
    registry.add(this.listenerCompleted, 1)
    if (slot !== undefined) registry.add(slot, 1)
    if (listenerSlot !== undefined) registry.add(listenerSlot, 1)
  }
}

function classSlots(scope: StatScope): readonly Slot[] {
  return [1, 2, 3, 4, 5].map(digit =>
    scope.taggedCounter(`downstream_rq_${digit}xx`, 'downstream_rq_xx', { envoy_response_code_class: String(digit) }),
  )
}
