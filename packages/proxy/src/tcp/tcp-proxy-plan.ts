import type { Slot } from '@meshwork/core/metrics'
import type { Runtime } from '../http/connection-plan.ts'
import type { TcpCluster, TcpProxyConfig } from '../model/listener.ts'
import type { UnservedConnection } from '../network-filters/terminal-filter.ts'
import { type AccessLog, compileAccessLogs } from '../telemetry/access-log.ts'

/** A TCP proxy ready to run. */
export class TcpProxyPlan {
  readonly config: TcpProxyConfig
  readonly runtime: Runtime
  readonly accessLogs: readonly AccessLog[]
  readonly cxTotal: Slot
  readonly cxActive: Slot
  readonly rxBytes: Slot
  readonly txBytes: Slot
  readonly noRoute: Slot
  readonly idleTimeout: Slot
  readonly maxDuration: Slot
  private readonly totalWeight: number

  constructor(config: TcpProxyConfig, runtime: Runtime) {
    const scope = runtime.stats.scope(`tcp.${config.statPrefix}.`, 'envoy_tcp_', { envoy_tcp_prefix: config.statPrefix })
    this.config = config
    this.runtime = runtime
    this.accessLogs = compileAccessLogs(config.accessLog, runtime.sinks, runtime.random)
    this.cxTotal = scope.counter('downstream_cx_total')
    this.cxActive = scope.gauge('downstream_cx_active')
    this.rxBytes = scope.counter('downstream_cx_rx_bytes_total')
    this.txBytes = scope.counter('downstream_cx_tx_bytes_total')
    this.noRoute = scope.counter('downstream_cx_no_route')
    this.idleTimeout = scope.counter('idle_timeout')
    this.maxDuration = scope.counter('max_downstream_connection_duration')
    this.totalWeight = config.clusters.reduce((sum, cluster) => sum + cluster.weight, 0)
  }

  logUnserved(connection: UnservedConnection): void {
    if (this.accessLogs.length === 0) return
    const record = connection.recordAt(this.runtime.clock)
    for (const log of this.accessLogs) log.write(record)
  }

  /** The cluster for one connection, by weight; null: none is configured. */
  choose(): TcpCluster | null {
    const { clusters } = this.config
    let point = this.runtime.random() * this.totalWeight
    return clusters.find(cluster => (point -= cluster.weight) < 0) ?? clusters[0] ?? null
  }
}
