import { type FilterStatus, REPLIED } from '../filters/filter.ts'
import type { RouteAction } from '../model/route.ts'
import type { CompiledRoute, CompiledTarget } from '../route/compiled-route.ts'
import { redirectLocation } from '../route/redirect.ts'
import { DATA, FilterPath, HEAD } from './filter-path.ts'
import { LOCAL_REPLIES } from './local-reply.ts'
import { prepareUpstreamHead } from './prepare-upstream-head.ts'
import { ResponseFlag } from './response-flags.ts'
import { UpstreamCall } from './upstream-call.ts'

/** The request's way: through the filters, then where the route says. */
export class RequestPath extends FilterPath {
  /** The head is the whole request. */
  bodiless = false
  /** null until the route led to an upstream. */
  call: UpstreamCall | null = null

  /** Begins again after a pause. */
  resume(): void {
    this.unpause()
    this.run()
    this.call?.flush()
  }

  /** The client may send again. */
  unpause(): void {
    this.paused = false
    this.stream.downstream.resumeRequest()
  }

  protected override watchesData(): boolean {
    return this.stream.plan.filters.requestData.length > 0
  }

  protected override filterCount(): number {
    const { filters } = this.stream.plan
    if (this.event === HEAD) return filters.requestHead.length
    return this.event === DATA ? filters.requestData.length : filters.requestEnd.length
  }

  protected override askFilter(index: number): FilterStatus | undefined {
    const { stream } = this
    const { filters } = stream.plan
    if (this.event === HEAD) return filters.requestHead[index]?.onRequestHead(stream, this.bodiless)
    if (this.event === DATA) return filters.requestData[index]?.onRequestData(stream, this.chunk)
    return filters.requestEnd[index]?.onRequestEnd(stream)
  }

  protected override stops(status: FilterStatus): boolean {
    return this.stream.ended || this.stream.responseStarted || status === REPLIED
  }

  protected override onPaused(): void {
    this.stream.downstream.pauseRequest()
  }

  /** Does what the route says. */
  protected override deliverHead(): void {
    const { stream } = this
    const { route, target } = stream
    if (route === null || target === null) {
      stream.plan.stats.add(stream.plan.stats.noRoute, 1)
      stream.replyWith(LOCAL_REPLIES.routeNotFound)
    } else if (route.action.kind === 'route') {
      this.callUpstream(route, route.action, target)
    } else if (route.action.kind === 'redirect') {
      const location = redirectLocation(route.action, stream, route.matchedPrefix)
      stream.reply(route.action.status, '', ResponseFlag.none, '', [['location', location]])
    } else {
      stream.reply(route.action.status, route.action.body, ResponseFlag.none, 'direct_response')
    }
  }

  protected override deliverData(chunk: Buffer, volatile: boolean): void {
    this.call?.sendData(chunk, volatile)
  }

  protected override deliverEnd(): void {
    this.stream.onRequestComplete()
    this.call?.sendEnd(this.stream.requestTrailers)
  }

  private callUpstream(route: CompiledRoute, action: RouteAction, target: CompiledTarget): void {
    const { stream } = this
    const { runtime, stats } = stream.plan
    const cluster = runtime.cluster(target.cluster)
    if (cluster === null) {
      stats.add(stats.noCluster, 1)
      stream.replyWith(LOCAL_REPLIES.clusterNotFound)
      return
    }
    prepareUpstreamHead(stream, route, action, target)
    this.call = new UpstreamCall(stream, route, cluster, this.bodiless)
    this.call.start()
  }
}
