import { type FilterStatus, REPLIED } from '../filters/filter.ts'
import type { RouteAction } from '../model/route.ts'
import type { CompiledRoute } from '../route/compiled-route.ts'
import { type RequestTimeouts, takeTimeouts } from '../route/request-timeouts.ts'
import type { CompiledTarget } from '../route/route-target.ts'
import { DATA, HEAD, type StreamEvent } from './filter-gate.ts'
import { FilterPath } from './filter-path.ts'
import { LOCAL_REPLIES } from './local-reply.ts'
import { type MirrorCall, startMirrors } from './mirror-call.ts'
import { prepareUpstreamHead } from './prepare-upstream-head.ts'
import { ResponseFlag } from './response-flags.ts'
import { UpstreamCall } from './upstream-call.ts'

/** The request's way: through the filters, then where the route says. */
export class RequestPath extends FilterPath {
  /** The head is the whole request. */
  bodiless = false
  /** null until the route led to an upstream. */
  call: UpstreamCall | null = null
  /** Copies of the request; null: none. */
  private mirrors: readonly MirrorCall[] | null = null

  /** The stream is over: whatever is still under way is given up. */
  leave(): void {
    this.call?.cancel()
    if (this.mirrors !== null) for (const mirror of this.mirrors) mirror.abandon()
  }

  protected override entriesOf(event: StreamEvent): readonly { readonly slot: number; readonly place: number }[] {
    const { filters } = this.stream.plan
    if (event === HEAD) return filters.requestHead
    return event === DATA ? filters.requestData : filters.requestEnd
  }

  protected override askFilter(event: StreamEvent, index: number, chunk: Buffer): FilterStatus | undefined {
    const { stream } = this
    const { filters } = stream.plan
    if (event === HEAD) return filters.requestHead[index]?.filter.onRequestHead(stream, this.bodiless)
    if (event === DATA) return filters.requestData[index]?.filter.onRequestData(stream, chunk)
    return filters.requestEnd[index]?.filter.onRequestEnd(stream)
  }

  protected override stops(status: FilterStatus): boolean {
    return this.stream.ended || this.stream.answeredLocally || status === REPLIED
  }

  protected override onPaused(): void {
    this.stream.downstream.pauseRequest()
  }

  /** The client may send again. */
  protected override onOpened(): void {
    this.call?.flush()
    this.stream.downstream.resumeRequest()
  }

  protected override onTooMuch(): void {
    this.stream.replyWith(LOCAL_REPLIES.requestTooLarge)
  }

  protected override onInjected(): void {
    this.bodiless = false
  }

  protected override deliver(event: StreamEvent, chunk: Buffer, volatile: boolean): void {
    if (event === DATA) this.deliverData(chunk, volatile)
    else if (event === HEAD) this.deliverHead()
    else this.deliverEnd()
  }

  /** Does what the route says. */
  private deliverHead(): void {
    const { stream } = this
    const { route, target } = stream
    const { stats } = stream.plan
    stats.add(stats.routedTotal, 1)
    if (route === null || target === null) {
      stats.add(stats.noRoute, 1)
      stream.replyWith(LOCAL_REPLIES.routeNotFound)
    } else if (route.action.kind === 'route') {
      this.callUpstream(route, route.action, target)
    } else if (route.action.kind === 'redirect') {
      stats.add(stats.redirected, 1)
      stream.reply(route.action.status, '', ResponseFlag.none, '', [['location', route.redirect?.(stream) ?? '']])
    } else if (route.action.kind === 'direct-response') {
      stats.add(stats.directResponse, 1)
      this.answerDirectly(route.action.status, route.action.body)
    } else {
      stats.add(stats.noRoute, 1)
      stream.replyWith(LOCAL_REPLIES.routeNotFound)
    }
  }

  /** What was made, or has moved, is where it was asked for (RFC 9110 15.3.2), unless the route's headers say otherwise. */
  private answerDirectly(status: number, body: string): void {
    const { stream } = this
    const location = `${stream.scheme}://${stream.authority}${stream.path}`
    const headers: readonly (readonly [string, string])[] =
      status === 201 || (status >= 300 && status < 400) ? [['location', location]] : []
    stream.reply(status, body, ResponseFlag.none, 'direct_response', headers)
  }

  private deliverData(chunk: Buffer, volatile: boolean): void {
    if (this.mirrors !== null) for (const mirror of this.mirrors) mirror.sendData(chunk, volatile)
    this.call?.sendData(chunk, volatile)
  }

  private deliverEnd(): void {
    this.stream.onRequestComplete()
    if (this.mirrors !== null) for (const mirror of this.mirrors) mirror.sendEnd(this.stream.requestTrailers)
    this.call?.sendEnd(this.stream.requestTrailers)
  }

  private callUpstream(route: CompiledRoute, action: RouteAction, target: CompiledTarget): void {
    const { stream } = this
    const { runtime, stats } = stream.plan
    const cluster = runtime.cluster(stream.clusterName)
    if (cluster === null) {
      const { body, flags, details } = LOCAL_REPLIES.clusterNotFound
      stats.add(stats.noCluster, 1)
      stream.reply(action.clusterNotFoundStatus, body, flags, details)
      return
    }
    const usual = route.timeouts ?? NO_TIMEOUTS
    const timeouts = takeTimeouts(action, usual, stream.requestHeaders)
    prepareUpstreamHead(stream, route, action, target)
    const call = new UpstreamCall(stream, route, action, cluster, timeouts, this.bodiless)
    this.call = call
    if (route.mirrors.length > 0 && !stream.upgrade) this.mirrors = startMirrors(stream, route.mirrors, timeouts.totalMs, this.bodiless)
    call.start()
  }
}

const NO_TIMEOUTS: RequestTimeouts = { totalMs: 0, perTryMs: 0, perTryIdleMs: 0, streamMs: 0, altResponse: false }
