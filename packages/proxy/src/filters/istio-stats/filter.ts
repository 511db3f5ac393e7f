import type { Slot, StatsRegistry } from '@meshwork/core/metrics'
import { HEADER_IDS } from '../../http/header-name.ts'
import { formatResponseFlags } from '../../http/response-flags.ts'
import { CONTINUE, type FilterDeps, type FilterStatus, type FilterStream, type HttpFilter } from '../filter.ts'
import { type ExchangedPeers, PEER_NAMESPACE } from '../peer-metadata/filter.ts'
import type { Peer } from '../peer-metadata/peer.ts'
import type { IstioStatsConfig } from './config.ts'
import type { OwnTags } from './own-tags.ts'
import { EndsReader } from './ends.ts'
import { MessageCounter } from '../message-counter.ts'
import { RecentSeries } from './recent-series.ts'
import { standardLabels } from './standard-labels.ts'
import { SeriesTable, type SlotOf } from './series.ts'

/** Slots of the request metrics for one set of labels. */
interface RequestSeries {
  readonly requests: Slot | null
  readonly duration: Slot | null
  readonly requestBytes: Slot | null
  readonly responseBytes: Slot | null
  /** Of gRPC only: made when the first message has come. */
  readonly requestMessages: Slot | null
  readonly responseMessages: Slot | null
}

/** Messages of one gRPC call. */
interface CallMessages {
  readonly request: MessageCounter
  readonly response: MessageCounter
}

/** Counts requests under Istio's standard metrics, with labels for the workloads at both ends. */
export class IstioStatsFilter implements HttpFilter {
  private readonly slot: number
  private readonly stats: StatsRegistry
  private readonly series: SeriesTable<RequestSeries>
  private readonly calls: SeriesTable<RequestSeries>
  private readonly ends: EndsReader
  private readonly tags: OwnTags
  private readonly recent: RecentSeries<RequestSeries>
  private readonly reporter: 'source' | 'destination'

  constructor(config: IstioStatsConfig, deps: FilterDeps) {
    this.slot = deps.slot
    this.stats = deps.stats.registry
    this.tags = config.tags
    this.series = new SeriesTable(this.stats, config, requestSeries)
    this.calls = new SeriesTable(this.stats, config, callSeries)
    this.reporter = deps.listener.direction === 'inbound' ? 'destination' : 'source'
    this.ends = new EndsReader({ ...config, reporter: this.reporter, clusterMetadata: cluster => deps.clusterMetadata(cluster) })
    this.recent = new RecentSeries(this.ends)
  }

  onRequestHead(stream: FilterStream): FilterStatus {
    if (isGrpc(stream)) stream.setState(this.slot, { request: new MessageCounter(), response: new MessageCounter() })
    return CONTINUE
  }

  onRequestData(stream: FilterStream, chunk: Buffer): FilterStatus {
    this.callOf(stream)?.request.add(chunk)
    return CONTINUE
  }

  onResponseData(stream: FilterStream, chunk: Buffer): FilterStatus {
    this.callOf(stream)?.response.add(chunk)
    return CONTINUE
  }

  onComplete(stream: FilterStream): void {
    const peers: ExchangedPeers = stream.dynamicMetadata(PEER_NAMESPACE) ?? {}
    const other = this.ends.other(stream, this.reporter === 'destination' ? peers.downstream : peers.upstream)
    const call = this.callOf(stream)
    const grpcStatus = call === null ? null : grpcStatusOf(stream)
    const recent = this.tags.areFixed ? this.recent.find(stream, other, grpcStatus) : null
    const series = recent ?? this.lookUp(stream, other, grpcStatus)
    this.add(series.requests, 1)
    this.record(series.duration, stream.durationMs())
    this.record(series.requestBytes, stream.requestTotalBytes)
    this.record(series.responseBytes, stream.responseTotalBytes)
    if (call === null) return
    this.add(series.requestMessages, call.request.count)
    this.add(series.responseMessages, call.response.count)
  }

  private lookUp(stream: FilterStream, other: Peer | null, grpcStatus: string | null): RequestSeries {
    const table = grpcStatus === null ? this.series : this.calls
    const values = this.tags.values(stream)
    const own = values.length === 0 ? '' : values.join('\n')
    const series = table.find(`${stream.status}|${grpcStatus ?? ''}|${this.ends.key(stream)}|${keyOf(other)}|${own}`, values, () =>
      standardLabels(this.ends.read(stream, other), {
        protocol: grpcStatus === null ? 'http' : 'grpc',
        status: String(stream.status),
        grpcStatus: grpcStatus ?? '',
        flags: formatResponseFlags(stream.flags),
      }),
    )
    if (this.tags.areFixed) this.recent.remember(stream, other, grpcStatus, series)
    return series
  }

  private callOf(stream: FilterStream): CallMessages | null {
    const state = stream.state(this.slot)
    return isCall(state) ? state : null
  }

  private add(slot: Slot | null, count: number): void {
    if (slot !== null) this.stats.add(slot, count)
  }

  private record(slot: Slot | null, sample: number): void {
    if (slot !== null) this.stats.record(slot, sample)
  }
}

function isCall(state: unknown): state is CallMessages {
  return state !== null && state !== undefined
}

/** Everything that is told of a workload, as text. */
export function keyOf(peer: Peer | null): string {
  if (peer === null) return ''
  return `${peer.workload} ${peer.namespace} ${peer.canonicalService} ${peer.canonicalRevision} ${peer.cluster}`
}

function requestSeries(slotOf: SlotOf): RequestSeries {
  return {
    requests: slotOf('counter', 'requests_total'),
    duration: slotOf('histogram', 'request_duration_milliseconds'),
    requestBytes: slotOf('histogram', 'request_bytes'),
    responseBytes: slotOf('histogram', 'response_bytes'),
    requestMessages: null,
    responseMessages: null,
  }
}

function callSeries(slotOf: SlotOf): RequestSeries {
  return {
    ...requestSeries(slotOf),
    requestMessages: slotOf('counter', 'request_messages_total'),
    responseMessages: slotOf('counter', 'response_messages_total'),
  }
}

function isGrpc(stream: FilterStream): boolean {
  return stream.requestHeaders.getId(HEADER_IDS['content-type'])?.startsWith('application/grpc') === true
}

function grpcStatusOf(stream: FilterStream): string {
  return stream.responseTrailers?.get('grpc-status') ?? stream.responseHeaders?.get('grpc-status') ?? ''
}
