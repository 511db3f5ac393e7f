import { messageOf } from '@meshwork/core/result'
import { type TimerOwner, WheelTimer } from '@meshwork/core/time'
import {
  type ConnectionFacts,
  CONTINUE,
  type FilterStatus,
  type FilterStream,
  PAUSE,
  REPLIED,
  type UpstreamFacts,
} from '../filters/filter.ts'
import type { CompiledRoute, CompiledTarget } from '../route/compiled-route.ts'
import { redirectLocation } from '../route/redirect.ts'
import type { RequestView } from '../route/request-view.ts'
import type { StreamInfo } from '../telemetry/stream-info.ts'
import { completeStream } from './complete-stream.ts'
import type { ConnectionPlan } from './connection-plan.ts'
import type { Downstream } from './downstream.ts'
import { DATA, END, FilterCursor, HEAD } from './filter-cursor.ts'
import type { HeaderTable } from './header-table.ts'
import { LOCAL_REPLIES, type LocalReply, localReplyHeaders } from './local-reply.ts'
import { prepareRequest } from './prepare-request.ts'
import { finishResponseHead } from './prepare-response.ts'
import { ResponseFlag } from './response-flags.ts'
import { UpstreamCall } from './upstream-call.ts'

const IDLE_TIMER = 0
const ROUTE_TIMER = 1

/**
 * One request and its response, from the arrival of the head to `finished`. Owned by its connection, never used after.
 * Request and response run through the filters with a cursor each: an event (head, data, end) is passed from filter to
 * filter until one pauses; what arrives meanwhile waits in order.
 */
export class HttpStream implements FilterStream, StreamInfo, RequestView, TimerOwner {
  readonly plan: ConnectionPlan
  readonly downstream: Downstream
  method: string
  path: string
  authority = ''
  scheme = 'http'
  requestId = ''
  requestHeaders: HeaderTable
  requestTrailers: HeaderTable | null = null
  responseHeaders: HeaderTable | null = null
  responseTrailers: HeaderTable | null = null
  status = 0
  flags = 0
  details = ''
  transportFailure = ''
  route: CompiledRoute | null = null
  target: CompiledTarget | null = null
  clusterName = ''
  upstream: UpstreamFacts | null = null
  upstreamLocalAddress = ''
  attempts = 0
  /** The client asked for another protocol (websocket) and may have it. */
  upgrade = false
  requestBytes = 0
  responseBytes = 0
  requestHeadBytes = 0
  responseHeadBytes = 0
  requestDoneMs = -1
  responseHeadMs = -1
  /** Fully answered or given up. */
  ended = false
  /** The last byte of the request has passed the filters. */
  requestComplete = false
  readonly startTimeMs: number
  private readonly startMs: number
  private endMs = -1
  private states: unknown[] | null = null
  private call: UpstreamCall | null = null
  private idleTimer: WheelTimer | null = null
  private routeTimer: WheelTimer | null = null
  private lastActivityMs: number
  private responseStarted = false
  private responseFromUpstream = false

  private readonly request: FilterCursor = new FilterCursor()
  private readonly response: FilterCursor = new FilterCursor()
  private requestBodiless = false
  private responseBodiless = false
  private insideFilter = false
  private resumedInside = false

  constructor(plan: ConnectionPlan, downstream: Downstream, method: string, target: string, headers: HeaderTable) {
    this.plan = plan
    this.downstream = downstream
    this.method = method
    this.path = target
    this.requestHeaders = headers
    this.startTimeMs = plan.runtime.clock.now()
    this.startMs = plan.runtime.clock.monotonicMs()
    this.lastActivityMs = this.startMs
    const { stats } = plan
    stats.add(stats.rqTotal, 1)
    stats.add(stats.rqHttp1Total, 1)
    stats.add(stats.rqActive, 1)
  }

  get connection(): ConnectionFacts {
    return this.downstream.facts
  }

  get protocol(): string {
    return this.downstream.protocol
  }

  get requestTotalBytes(): number {
    return this.requestHeadBytes + this.requestBytes
  }

  get responseTotalBytes(): number {
    return this.responseHeadBytes + this.responseBytes
  }

  durationMs(): number {
    return (this.endMs < 0 ? this.plan.runtime.clock.monotonicMs() : this.endMs) - this.startMs
  }

  settings(slot: number): unknown {
    return this.target?.perFilter.get(this.plan.filters.names[slot] ?? '') ?? null
  }

  state(slot: number): unknown {
    return this.states?.[slot] ?? null
  }

  setState(slot: number, value: unknown): void {
    this.states ??= []
    this.states[slot] = value
  }

  // ---- request

  /** The head has arrived. `bodiless`: the end follows at once. */
  begin(bodiless: boolean): void {
    this.requestBodiless = bodiless
    const problem = prepareRequest(this, this.plan)
    if (problem !== null) {
      this.downstream.closeAfterResponse()
      this.replyWith(problem)
      return
    }
    this.armIdleTimer()
    this.matchRoute()
    this.runRequest()
  }

  /** `volatile`: the chunk must be copied to be kept. */
  onRequestData(chunk: Buffer, volatile: boolean): void {
    this.requestBytes += chunk.length
    if (this.ended) return
    this.touch()
    if (this.request.paused) {
      this.request.hold(chunk, volatile)
      return
    }
    if (this.plan.filters.requestData.length === 0) {
      this.call?.sendData(chunk, volatile)
      return
    }
    this.request.beginData(chunk, volatile)
    this.runRequest()
  }

  onRequestEnd(trailers: HeaderTable | null): void {
    this.requestTrailers = this.plan.config.forwardTrailers === true ? trailers : null
    this.request.ended = true
    if (this.ended || this.request.paused) return
    this.request.begin(END)
    this.runRequest()
  }

  /** What was kept back to be sent together goes out now. */
  flushRequest(): void {
    this.call?.flush()
  }

  /** The client is gone. */
  onDownstreamGone(): void {
    if (this.ended) return
    this.flags |= ResponseFlag.downstreamConnectionTermination
    if (this.details === '') this.details = 'downstream_remote_disconnect'
    this.plan.stats.add(this.plan.stats.rqRxReset, 1)
    this.finish()
  }

  onDownstreamDrain(): void {
    this.call?.resumeResponse()
  }

  private matchRoute(): void {
    const { random } = this.plan.runtime
    this.route = this.plan.routes.table?.match(this, random) ?? null
    if (this.route === null) return
    this.target = this.route.target(random)
    this.clusterName = this.target.cluster
  }

  private runRequest(): void {
    const { request } = this
    for (;;) {
      if (!this.runRequestFilters(request)) return
      if (request.event === HEAD) this.followRoute()
      else if (request.event === DATA) this.call?.sendData(request.chunk, false)
      else this.endRequest()
      if (this.ended || !request.next()) return
    }
  }

  /** Runs the current event through the filters from the cursor on; false when it stopped. */
  private runRequestFilters(request: FilterCursor): boolean {
    const { filters } = this.plan
    const list = request.event === HEAD ? filters.requestHead : request.event === DATA ? filters.requestData : filters.requestEnd
    while (request.index < list.length) {
      const status = this.callFilter(request)
      if (this.ended || this.responseStarted || status === REPLIED) return false
      if (status === PAUSE && !this.resumedInside) {
        request.paused = true
        this.downstream.pauseRequest()
        return false
      }
    }
    return true
  }

  private callRequestFilter(index: number): FilterStatus | undefined {
    const { request } = this
    const { filters } = this.plan
    if (request.event === HEAD) return filters.requestHead[index]?.onRequestHead(this, this.requestBodiless)
    if (request.event === DATA) return filters.requestData[index]?.onRequestData(this, request.chunk)
    return filters.requestEnd[index]?.onRequestEnd(this)
  }

  /** Calls the next filter. One that throws costs its request a 500, not the process its life. */
  private callFilter(cursor: FilterCursor): FilterStatus {
    const index = cursor.index++
    this.insideFilter = true
    this.resumedInside = false
    try {
      return (cursor === this.request ? this.callRequestFilter(index) : this.callResponseFilter(index)) ?? CONTINUE
    } catch (error) {
      this.plan.runtime.log.error('a filter failed', { error: messageOf(error) })
      this.reply(500, '', ResponseFlag.none, 'filter_failed')
      return REPLIED
    } finally {
      this.insideFilter = false
    }
  }

  /** After the last filter: do what the route says. */
  private followRoute(): void {
    const { route, target } = this
    if (route === null || target === null) {
      this.plan.stats.add(this.plan.stats.noRoute, 1)
      this.replyWith(LOCAL_REPLIES.routeNotFound)
    } else if (route.action.kind === 'route') {
      this.call = new UpstreamCall(this, route, route.action, target)
      this.call.start(this.requestBodiless && !this.upgrade)
    } else if (route.action.kind === 'redirect') {
      const location = redirectLocation(route.action, this, route.matchedPrefix)
      this.reply(route.action.status, '', ResponseFlag.none, '', [['location', location]])
    } else {
      this.reply(route.action.status, route.action.body, ResponseFlag.none, 'direct_response')
    }
  }

  private endRequest(): void {
    this.requestComplete = true
    this.requestDoneMs = this.plan.runtime.clock.monotonicMs() - this.startMs
    const timeoutMs = this.route?.action.kind === 'route' ? this.route.action.timeoutMs : 0
    if (timeoutMs > 0 && this.call !== null && !this.upgrade) {
      this.routeTimer ??= new WheelTimer(this, ROUTE_TIMER)
      this.plan.runtime.wheel.set(this.routeTimer, timeoutMs)
    }
    this.call?.sendEnd(this.requestTrailers)
  }

  // ---- response

  reply(status: number, body: string, flags: number, details: string, headers?: readonly (readonly [string, string])[]): void {
    if (this.ended) return
    this.flags |= flags
    if (details !== '') this.details = details
    this.call?.cancel()
    if (this.responseStarted) {
      this.abort()
      return
    }
    const bytes = Buffer.from(body)
    const table = localReplyHeaders(status, bytes.length, headers ?? [])
    const bodiless = bytes.length === 0 || this.method === 'HEAD'
    this.startResponse(status, table, bodiless)
    if (!bodiless) this.onResponseData(bytes, false)
    this.onResponseEnd(null)
    this.downstream.flush()
  }

  replyWith(reply: LocalReply, headers?: readonly (readonly [string, string])[]): void {
    this.reply(reply.status, reply.body, reply.flags, reply.details, headers)
  }

  /** The upstream's response begins. */
  onUpstreamHead(status: number, headers: HeaderTable, bodiless: boolean): void {
    this.responseFromUpstream = true
    this.details = 'via_upstream'
    this.startResponse(status, headers, bodiless)
  }

  onResponseData(chunk: Buffer, volatile: boolean): void {
    if (this.ended) return
    this.touch()
    if (this.response.paused) {
      this.response.hold(chunk, volatile)
      this.call?.pauseResponse()
      return
    }
    if (this.plan.filters.responseData.length === 0) {
      this.sendData(chunk, volatile)
      return
    }
    this.response.beginData(chunk, volatile)
    this.runResponse()
  }

  onResponseEnd(trailers: HeaderTable | null): void {
    if (this.ended) return
    this.responseTrailers = this.plan.config.forwardTrailers === true ? trailers : null
    this.response.ended = true
    if (this.response.paused) return
    this.response.begin(END)
    this.runResponse()
  }

  /** The upstream takes the request's bytes (again). */
  onUpstreamReady(): void {
    if (!this.request.paused) this.downstream.resumeRequest()
  }

  flushResponse(): void {
    if (this.response.paused) return
    this.downstream.flush()
    if (this.downstream.congested) this.call?.pauseResponse()
  }

  /** The response broke off. */
  onResponseBroken(flags: number, details: string): void {
    if (this.ended) return
    this.flags |= flags
    this.details = details
    this.abort()
  }

  resume(): void {
    if (this.ended) return
    if (this.insideFilter) {
      this.resumedInside = true
    } else if (this.request.paused && !this.responseStarted) {
      this.request.paused = false
      this.downstream.resumeRequest()
      this.runRequest()
      this.flushRequest()
    } else if (this.response.paused) {
      this.response.paused = false
      this.call?.resumeResponse()
      this.runResponse()
      this.downstream.flush()
    }
  }

  private startResponse(status: number, headers: HeaderTable, bodiless: boolean): void {
    this.responseStarted = true
    if (this.request.paused) {
      this.request.paused = false
      this.downstream.resumeRequest()
    }
    this.status = status
    this.responseHeaders = headers
    this.responseBodiless = bodiless
    this.responseHeadMs = this.plan.runtime.clock.monotonicMs() - this.startMs
    if (this.routeTimer !== null && !this.responseFromUpstream) this.plan.runtime.wheel.clear(this.routeTimer)
    this.runResponse()
  }

  private runResponse(): void {
    const { response } = this
    for (;;) {
      if (!this.runResponseFilters(response)) return
      if (response.event === HEAD) this.sendHead()
      else if (response.event === DATA) this.sendData(response.chunk, false)
      else this.sendEnd()
      if (this.ended || !response.next()) return
    }
  }

  private runResponseFilters(response: FilterCursor): boolean {
    const { filters } = this.plan
    if (response.event === END) return true
    const list = response.event === HEAD ? filters.responseHead : filters.responseData
    while (response.index < list.length) {
      const status = this.callFilter(response)
      if (this.ended) return false
      if (status === PAUSE && !this.resumedInside) {
        response.paused = true
        return false
      }
    }
    return true
  }

  private callResponseFilter(index: number): FilterStatus | undefined {
    const { response } = this
    const { filters } = this.plan
    if (response.event === HEAD) return filters.responseHead[index]?.onResponseHead(this, this.responseBodiless)
    return filters.responseData[index]?.onResponseData(this, response.chunk)
  }

  private sendHead(): void {
    const { responseHeaders } = this
    if (responseHeaders === null) return
    finishResponseHead(this, responseHeaders, this.responseFromUpstream)
    this.downstream.sendHead(this.status, responseHeaders, this.responseBodiless)
    if (this.status === 101) this.downstream.becomeTunnel()
  }

  private sendData(chunk: Buffer, volatile: boolean): void {
    this.responseBytes += chunk.length
    this.downstream.sendData(chunk, volatile)
  }

  private sendEnd(): void {
    const { downstream, responseTrailers } = this
    this.endMs = this.plan.runtime.clock.monotonicMs()
    this.finish()
    downstream.sendEnd(responseTrailers)
  }

  /** The response cannot be completed. */
  private abort(): void {
    this.finish()
    this.downstream.abort()
  }

  // ---- end and time

  onTimer(kind: number): void {
    if (this.ended) return
    if (kind === ROUTE_TIMER) {
      this.call?.onRouteTimeout()
      return
    }
    const idleMs = this.idleTimeoutMs()
    const restMs = this.lastActivityMs + idleMs - this.plan.runtime.clock.monotonicMs()
    if (restMs > 0) {
      this.setIdleTimer(restMs)
      return
    }
    this.plan.stats.add(this.plan.stats.rqIdleTimeout, 1)
    // Nothing to say once the response has begun: it is broken off.
    const { streamIdleTimeout } = LOCAL_REPLIES
    if (this.requestComplete && !this.responseStarted) {
      this.replyWith({ ...streamIdleTimeout, status: 504, body: 'stream timeout' })
    } else {
      this.replyWith(streamIdleTimeout)
    }
  }

  private touch(): void {
    this.lastActivityMs = this.plan.runtime.clock.monotonicMs()
  }

  private idleTimeoutMs(): number {
    const { route } = this
    const own = route?.action.kind === 'route' ? route.action.idleTimeoutMs : null
    return own ?? this.plan.config.streamIdleTimeoutMs
  }

  private armIdleTimer(): void {
    const idleMs = this.plan.config.streamIdleTimeoutMs
    if (idleMs > 0) this.setIdleTimer(idleMs)
  }

  private setIdleTimer(delayMs: number): void {
    this.idleTimer ??= new WheelTimer(this, IDLE_TIMER)
    this.plan.runtime.wheel.set(this.idleTimer, delayMs)
  }

  private finish(): void {
    if (this.ended) return
    this.ended = true
    const { wheel, clock } = this.plan.runtime
    if (this.endMs < 0) this.endMs = clock.monotonicMs()
    if (this.idleTimer !== null) wheel.clear(this.idleTimer)
    if (this.routeTimer !== null) wheel.clear(this.routeTimer)
    this.call?.cancel()
    completeStream(this, this.plan)
  }
}
