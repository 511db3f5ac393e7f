import type { FilterStream } from '../filters/filter.ts'
import type { ActiveStream } from './active-stream.ts'
import { completeStream } from './complete-stream.ts'
import type { ConnectionPlan } from './connection-plan.ts'
import type { Downstream } from './downstream.ts'
import { HEADER_IDS } from './header-name.ts'
import type { HeaderTable } from './header-table.ts'
import { hasToken, removeHopByHop } from './hop-by-hop.ts'
import { localAnswer } from './local-answer.ts'
import { LOCAL_REPLIES, type LocalReply } from './local-reply.ts'
import { prepareRequest } from './prepare-request.ts'
import { RequestPath } from './request-path.ts'
import { ResponseFlag } from './response-flags.ts'
import { ResponsePath } from './response-path.ts'
import { clusterNameOf } from '../route/route-target.ts'
import { StreamRecord } from './stream-record.ts'
import { StreamTimers } from './stream-timers.ts'
import { mayUpgrade } from './upgrade.ts'

const NO_FIELDS: readonly (readonly [string, string])[] = []

/**
 * One request and its response, from the arrival of the head to `finished`. Owned by its connection, never used after.
 * Knows what each event means for the whole; the two directions, the upstream and the timeouts are parts of their own.
 */
export class HttpStream extends StreamRecord implements ActiveStream, FilterStream {
  /** Another one when the request takes another way from its beginning. */
  private request: RequestPath = new RequestPath(this)
  private readonly response: ResponsePath = new ResponsePath(this)
  private readonly timers: StreamTimers = new StreamTimers(this)
  private interimSent = false

  constructor(plan: ConnectionPlan, downstream: Downstream, method: string, target: string, headers: HeaderTable) {
    super(plan, downstream, method, target, headers)
    const { stats } = plan
    stats.add(stats.rqTotal, 1)
    stats.add(downstream.protocol === 'HTTP/2' ? stats.rqHttp2Total : stats.rqHttp1Total, 1)
    stats.add(stats.rqActive, 1)
  }

  // ---- told by the client's connection

  /** The head has arrived. `bodiless`: the end follows at once. */
  begin(bodiless: boolean): void {
    this.answerExpectation()
    const problem = prepareRequest(this, this.plan)
    if (problem !== null) {
      // Malformed: where the next request of such a client begins is not to be trusted either.
      if (problem.status === 400) this.downstream.closeAfterResponse()
      this.replyWith(problem, problem.location === undefined ? NO_FIELDS : [['location', problem.location]])
      return
    }
    this.request.bodiless = bodiless && !this.upgrade
    if (this.upgrade && !bodiless && this.protocol !== 'HTTP/2') {
      // Body and tunnel would be told apart by whoever reads them, and not by all in the same way.
      this.downstream.closeAfterResponse()
      this.replyWith(LOCAL_REPLIES.upgradeWithBody)
      return
    }
    this.plan.tracer?.begin(this)
    this.matchRoute()
    this.plan.tracer?.onRoute(this, this.route?.decorator ?? null)
    if (this.upgrade && this.route !== null && !mayUpgrade(this)) this.replyWith(LOCAL_REPLIES.upgradeNotEnabled)
    else this.passHead(bodiless)
  }

  private passHead(bodiless: boolean): void {
    if (!bodiless) this.timers.watchRequest()
    this.request.passHead()
  }

  /** `volatile`: the chunk must be copied to be kept. */
  onRequestData(chunk: Buffer, volatile: boolean): void {
    this.requestBytes += chunk.length
    if (this.ended || this.answeredLocally) return
    this.timers.touch()
    this.request.passData(chunk, volatile)
  }

  onRequestEnd(trailers: HeaderTable | null): void {
    if (this.ended || this.answeredLocally) return
    this.requestTrailers = trailers
    this.request.passEnd()
  }

  /** What was kept back to be sent together goes out now. */
  flushRequest(): void {
    this.request.call?.flush()
  }

  /** The client is gone. */
  onDownstreamGone(details: string = 'downstream_remote_disconnect'): void {
    if (this.ended) return
    this.flags |= ResponseFlag.downstreamConnectionTermination
    if (this.details === '') this.details = details
    this.plan.stats.add(this.plan.stats.rqRxReset, 1)
    this.finish()
  }

  onDownstreamDrain(): void {
    this.request.call?.resumeResponse()
  }

  // ---- told by filters and by its own parts

  reply(
    status: number,
    body: string,
    flags: number,
    details: string,
    headers?: readonly (readonly [string, string])[],
    grpcStatus: number = -1,
  ): void {
    if (this.ended) return
    this.flags |= flags
    if (details !== '') this.details = details
    this.request.call?.cancel()
    if (this.response.headSent) {
      this.abort()
      return
    }
    if (this.responseStarted) this.response.startOver()
    this.localGrpcStatus = grpcStatus
    this.sendReply(status, body, headers ?? NO_FIELDS)
  }

  replyWith(reply: LocalReply, headers?: readonly (readonly [string, string])[]): void {
    this.reply(reply.status, reply.body, reply.flags, reply.details, headers)
  }

  resume(): void {
    if (this.ended) return
    if (this.answeredLocally || !this.request.resumeLast()) this.response.resumeLast()
  }

  resumeRequest(slot: number): void {
    if (!this.ended && !this.answeredLocally) this.request.resumeAt(slot)
  }

  resumeResponse(slot: number): void {
    if (!this.ended) this.response.resumeAt(this.plan.filters.responsePlace(slot))
  }

  replaceRequestData(chunk: Buffer): void {
    this.request.replaceData(chunk)
  }

  replaceResponseData(chunk: Buffer): void {
    this.response.replaceData(chunk)
  }

  injectRequestData(slot: number, chunk: Buffer): void {
    if (this.ended || this.answeredLocally) return
    this.request.inject(slot, chunk)
    this.request.call?.flush()
  }

  injectResponseData(slot: number, chunk: Buffer): void {
    if (this.ended) return
    this.response.inject(this.plan.filters.responsePlace(slot), chunk)
    this.downstream.flush()
  }

  limitRequestBuffer(bytes: number): void {
    this.request.bufferLimit = bytes
  }

  rematchRoute(): void {
    if (!this.responseStarted) this.matchRoute()
  }

  beginAgain(body: readonly Buffer[], trailers: HeaderTable | null): void {
    this.timers.clearRoute()
    this.request = new RequestPath(this)
    this.request.bodiless = body.length === 0 && trailers === null
    this.requestComplete = false
    this.requestTrailers = trailers
    this.forgetStates()
    this.request.passHead()
    for (const chunk of body) if (!this.ended && !this.answeredLocally) this.request.passData(chunk, false)
    if (!this.ended && !this.answeredLocally) this.request.passEnd()
    this.flushRequest()
  }

  onRequestComplete(): void {
    this.requestComplete = true
    this.requestDoneMs = this.elapsedMs()
    this.timers.clearRequest()
    if (this.request.call !== null) this.timers.watchRoute(this.request.call.timeouts.totalMs)
  }

  onRouteTimeout(): void {
    this.request.call?.onRouteTimeout()
  }

  // ---- told by the upstream

  /** The first answer before the final one, whatever its status, where `proxy_100_continue` is set: so Envoy does. */
  onUpstreamInterim(status: number, headers: HeaderTable): void {
    if (!this.plan.config.proxy100Continue || this.interimSent || this.responseStarted || this.ended) return
    this.interimSent = true
    removeHopByHop(headers, false)
    this.downstream.sendInterim(status, headers)
  }

  onUpstreamHead(status: number, headers: HeaderTable, bodiless: boolean): void {
    this.details = 'via_upstream'
    this.startResponse(status, headers, bodiless, true)
  }

  onResponseData(chunk: Buffer, volatile: boolean): void {
    if (this.ended) return
    this.timers.touch()
    if (this.response.paused) this.pauseUpstream()
    this.response.passData(chunk, volatile)
  }

  onResponseEnd(trailers: HeaderTable | null): void {
    if (this.ended) return
    this.responseTrailers = trailers
    this.response.passEnd()
  }

  onResponseBroken(flags: number, details: string): void {
    if (this.ended) return
    this.flags |= flags
    this.details = details
    this.abort()
  }

  flushResponse(): void {
    if (this.response.paused) return
    this.downstream.flush()
    if (this.downstream.congested) this.pauseUpstream()
  }

  onResponseOpened(): void {
    this.request.call?.resumeResponse()
  }

  onUpstreamReady(): void {
    if (!this.request.paused) this.downstream.resumeRequest()
  }

  // ---- what it all comes to

  finish(): void {
    if (this.ended) return
    this.markEnd()
    this.timers.clear()
    this.request.leave()
    completeStream(this, this.plan)
  }

  /** The client waits to be told that its body is wanted (RFC 9110 10.1.1). */
  private answerExpectation(): void {
    const { requestHeaders: headers, plan } = this
    if (plan.config.proxy100Continue || headers.findId(HEADER_IDS.expect) < 0) return
    if (!hasToken(headers.getId(HEADER_IDS.expect), '100-continue')) return
    headers.removeId(HEADER_IDS.expect)
    this.downstream.sendInterim(100, null)
  }

  private matchRoute(): void {
    const { random } = this.plan.runtime
    this.route = this.plan.routes.tableFor(this)?.match(this, random) ?? null
    this.target = this.route?.target(this, random) ?? null
    this.clusterName = this.target === null ? '' : clusterNameOf(this.target, this)
    this.skips = this.plan.filters.skipsFor(this.target)
    this.timers.onRoute()
  }

  private startResponse(status: number, headers: HeaderTable, bodiless: boolean, fromUpstream: boolean): void {
    this.responseStarted = true
    if (!fromUpstream) {
      this.answeredLocally = true
      this.request.dropGates()
    }
    this.status = status
    this.responseHeaders = headers
    this.responseHeadMs = this.elapsedMs()
    if (!fromUpstream) this.timers.clearRoute()
    this.plan.tracer?.onResponse(this, headers, this.route?.decorator ?? null)
    this.response.start(bodiless, fromUpstream)
  }

  private sendReply(status: number, text: string, fields: readonly (readonly [string, string])[]): void {
    // Envoy takes every 400 of its own for a sign that the message was broken (`stream_error_on_invalid_http_message`).
    if (status === 400 && !this.plan.config.http1.streamError) this.downstream.closeAfterResponse()
    const answer = localAnswer(this, status, text, fields)
    const bodiless = answer.body.length === 0
    this.startResponse(answer.status, answer.headers, bodiless, false)
    if (!bodiless) this.onResponseData(answer.body, false)
    this.onResponseEnd(null)
    this.downstream.flush()
  }

  private pauseUpstream(): void {
    this.request.call?.pauseResponse()
  }

  /** The response cannot be completed. */
  private abort(): void {
    this.plan.stats.add(this.plan.stats.rqTxReset, 1)
    this.finish()
    this.downstream.abort()
  }
}
