import type { StatsRegistry } from '@meshwork/core/metrics'
import { HEADER_IDS } from '../../http/header-name.ts'
import type { HeaderTable } from '../../http/header-table.ts'
import { CONTINUE, type FilterDeps, type FilterStatus, type FilterStream, type HttpFilter } from '../filter.ts'
import { MessageCounter } from '../message-counter.ts'
import { CallSeries } from './call-series.ts'
import { countedAs, type MethodChoice } from './method-names.ts'

export interface GrpcStatsConfig {
  readonly methods: MethodChoice
  /** Times of requests too. */
  readonly upstreamTimes: boolean
}

/** What clients can make us remember: methods beyond these are counted with their cluster only. */
const MAX_METHODS = 1000

/** A gRPC call under way. */
class Call {
  readonly series: CallSeries
  readonly request: MessageCounter = new MessageCounter()
  readonly response: MessageCounter = new MessageCounter()

  constructor(series: CallSeries) {
    this.series = series
  }
}

/** `envoy.extensions.filters.http.grpc_stats.v3.FilterConfig`: calls, statuses and messages of gRPC by cluster and method. */
export class GrpcStatsFilter implements HttpFilter {
  private readonly slot: number
  private readonly registry: StatsRegistry
  private readonly config: GrpcStatsConfig
  private readonly clusters = new Map<string, CallSeries>()
  private readonly methods = new Map<string, CallSeries>()

  constructor(config: GrpcStatsConfig, { slot, stats }: FilterDeps) {
    this.config = config
    this.slot = slot
    this.registry = stats.registry
  }

  onRequestHead(stream: FilterStream): FilterStatus {
    const { clusterName } = stream
    if (clusterName === '' || !isGrpc(stream.requestHeaders)) return CONTINUE
    const series = this.seriesOf(clusterName, stream.path)
    if (series !== null) stream.setState(this.slot, new Call(series))
    return CONTINUE
  }

  onRequestData(stream: FilterStream, chunk: Buffer): FilterStatus {
    this.callOf(stream)?.request.add(chunk)
    return CONTINUE
  }

  onResponseData(stream: FilterStream, chunk: Buffer): FilterStatus {
    const { responseHeaders } = stream
    if (responseHeaders !== null && isGrpc(responseHeaders)) this.callOf(stream)?.response.add(chunk)
    return CONTINUE
  }

  onComplete(stream: FilterStream): void {
    const call = this.callOf(stream)
    if (call === null) return
    const { series, request, response } = call
    this.registry.add(series.requestMessages, request.count)
    this.registry.add(series.responseMessages, response.count)
    const status = stream.responseTrailers?.get('grpc-status') ?? stream.responseHeaders?.get('grpc-status') ?? null
    if (status === null) return
    series.ended(status)
    if (this.config.upstreamTimes) series.took(stream.durationMs())
  }

  private seriesOf(cluster: string, path: string): CallSeries | null {
    const name = countedAs(this.config.methods, path)
    if (name === null) return null
    if (name === 'cluster') return this.clusterSeries(cluster)
    const key = `${cluster} ${name.service} ${name.method}`
    const known = this.methods.get(key)
    if (known !== undefined) return known
    if (this.methods.size >= MAX_METHODS) return this.clusterSeries(cluster)
    const series = new CallSeries(this.registry, cluster, name)
    this.methods.set(key, series)
    return series
  }

  private clusterSeries(cluster: string): CallSeries {
    const known = this.clusters.get(cluster)
    if (known !== undefined) return known
    const series = new CallSeries(this.registry, cluster, null)
    this.clusters.set(cluster, series)
    return series
  }

  private callOf(stream: FilterStream): Call | null {
    const state = stream.state(this.slot)
    return state instanceof Call ? state : null
  }
}

/** `application/grpc`, with or without a codec behind it; not gRPC-Web. */
function isGrpc(headers: HeaderTable): boolean {
  const contentType = headers.getId(HEADER_IDS['content-type'])
  return contentType !== null && /^application\/grpc(?:[+;]|$)/.test(contentType)
}
