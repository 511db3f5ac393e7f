import type { Slot, StatsRegistry } from '@meshwork/core/metrics'
import { type TimerOwner, type TimerWheel, WheelTimer } from '@meshwork/core/time'
import { formatResponseFlags } from '../../http/response-flags.ts'
import {
  GO_ON,
  type NetworkConnection,
  type NetworkFilter,
  type NetworkFilterDeps,
  type NetworkStatus,
} from '../../network-filters/network-filter.ts'
import type { StreamInfo } from '../../telemetry/stream-info.ts'
import type { ListenerFacts } from '../filter.ts'
import type { IstioStatsConfig } from './config.ts'
import { EndsReader } from './ends.ts'
import { keyOf } from './filter.ts'
import { SeriesTable, type SlotOf } from './series.ts'
import { tcpLabels } from './standard-labels.ts'

export interface IstioTcpStatsConfig extends IstioStatsConfig {
  /** Between two reports of a connection that lasts. */
  readonly reportMs: number
}

/** Slots of the TCP metrics for one set of labels. */
interface TcpSeries {
  readonly opened: Slot | null
  readonly closed: Slot | null
  readonly sent: Slot | null
  readonly received: Slot | null
}

/** What has been told of one connection so far. */
interface Reported {
  opened: boolean
  sent: number
  received: number
}

/**
 * Counts connections and their bytes under Istio's TCP metrics: at their end, and meanwhile at every interval, so that those
 * that last are seen. Nothing is done for a read or a write.
 */
export class IstioTcpStats implements NetworkFilter, TimerOwner {
  private readonly config: IstioTcpStatsConfig
  private readonly stats: StatsRegistry
  private readonly wheel: TimerWheel
  private readonly series: SeriesTable<TcpSeries>
  private readonly ends: EndsReader
  private readonly open = new Map<NetworkConnection, Reported>()
  private readonly timer: WheelTimer = new WheelTimer(this, 0)

  constructor(config: IstioTcpStatsConfig, deps: NetworkFilterDeps, listener: ListenerFacts) {
    const reporter = listener.direction === 'inbound' ? 'destination' : 'source'
    this.config = config
    this.stats = deps.stats
    this.wheel = deps.wheel
    this.series = new SeriesTable(deps.stats, config, tcpSeries)
    this.ends = new EndsReader({ ...config, reporter, clusterMetadata: name => deps.cluster(name)?.config.metadata ?? null })
  }

  onConnection(connection: NetworkConnection): NetworkStatus {
    if (this.open.size === 0 && this.config.reportMs > 0) this.wheel.set(this.timer, this.config.reportMs)
    this.open.set(connection, { opened: false, sent: 0, received: 0 })
    return GO_ON
  }

  onClosed(connection: NetworkConnection): void {
    const reported = this.open.get(connection)
    this.open.delete(connection)
    if (this.open.size === 0) this.wheel.clear(this.timer)
    // Without a relay behind it, an earlier filter has refused the connection.
    if (reported !== undefined && connection.relayed !== undefined) this.add(this.report(connection.relayed, reported).closed, 1)
  }

  onTimer(): void {
    for (const [{ relayed }, reported] of this.open) if (relayed !== undefined) this.report(relayed, reported)
    if (this.open.size > 0) this.wheel.set(this.timer, this.config.reportMs)
  }

  /** As in Istio, `received` are the bytes of the client and `sent` those of the server, whoever reports. */
  private report(info: StreamInfo, reported: Reported): TcpSeries {
    const other = this.ends.other(info, null)
    const values = this.config.tags.values(info)
    const series = this.series.find(`${this.ends.key(info)}|${keyOf(other)}|${values.join('\n')}`, values, () =>
      tcpLabels(this.ends.read(info, other), formatResponseFlags(info.flags)),
    )
    if (!reported.opened) this.add(series.opened, 1)
    this.add(series.received, info.requestBytes - reported.received)
    this.add(series.sent, info.responseBytes - reported.sent)
    reported.opened = true
    reported.received = info.requestBytes
    reported.sent = info.responseBytes
    return series
  }

  private add(slot: Slot | null, count: number): void {
    if (slot !== null && count > 0) this.stats.add(slot, count)
  }
}

function tcpSeries(slotOf: SlotOf): TcpSeries {
  return {
    opened: slotOf('counter', 'tcp_connections_opened_total'),
    closed: slotOf('counter', 'tcp_connections_closed_total'),
    sent: slotOf('counter', 'tcp_sent_bytes_total'),
    received: slotOf('counter', 'tcp_received_bytes_total'),
  }
}
