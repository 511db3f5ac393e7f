import { type TimerOwner, WheelTimer } from '@meshwork/core/time'
import { streamDurationMs } from '../route/request-timeouts.ts'
import type { ActiveStream } from './active-stream.ts'
import { LOCAL_REPLIES } from './local-reply.ts'

const IDLE_TIMER = 0
const ROUTE_TIMER = 1
const DURATION_TIMER = 2
const REQUEST_TIMER = 3

const GRPC_DEADLINE_EXCEEDED = 4

/** How long a stream may be silent, how long its upstream may take to answer, and how long all of it may last. */
export class StreamTimers implements TimerOwner {
  private readonly stream: ActiveStream
  private lastActivityMs: number
  private idle: WheelTimer | null = null
  private route: WheelTimer | null = null
  private duration: WheelTimer | null = null
  private request: WheelTimer | null = null

  constructor(stream: ActiveStream) {
    this.stream = stream
    this.lastActivityMs = stream.startMs
  }

  /** The route is known (anew): its limits count from here on. */
  onRoute(): void {
    this.watchIdle()
    this.watchDuration()
  }

  /** Bytes came, from either side. */
  touch(): void {
    this.lastActivityMs = this.stream.plan.runtime.clock.monotonicMs()
  }

  /** The whole request must be here in time (`request_timeout`). */
  watchRequest(): void {
    const { requestTimeoutMs } = this.stream.plan.config
    if (requestTimeoutMs === 0 || this.stream.upgrade) return
    this.request ??= new WheelTimer(this, REQUEST_TIMER)
    this.stream.plan.runtime.wheel.set(this.request, requestTimeoutMs)
  }

  /** The request is complete. */
  clearRequest(): void {
    if (this.request !== null) this.stream.plan.runtime.wheel.clear(this.request)
  }

  /** From the end of the request on the route's timeout runs; not for tunnels. 0: none. */
  watchRoute(timeoutMs: number): void {
    const { upgrade, plan } = this.stream
    if (timeoutMs <= 0 || upgrade) return
    this.route ??= new WheelTimer(this, ROUTE_TIMER)
    plan.runtime.wheel.set(this.route, timeoutMs)
  }

  clearRoute(): void {
    if (this.route !== null) this.stream.plan.runtime.wheel.clear(this.route)
  }

  clear(): void {
    const { wheel } = this.stream.plan.runtime
    if (this.idle !== null) wheel.clear(this.idle)
    if (this.duration !== null) wheel.clear(this.duration)
    this.clearRoute()
    this.clearRequest()
  }

  onTimer(kind: number): void {
    if (this.stream.ended) return
    if (kind === ROUTE_TIMER) this.stream.onRouteTimeout()
    else if (kind === DURATION_TIMER) this.endDuration()
    else if (kind === REQUEST_TIMER) this.endRequest()
    else this.checkIdle()
  }

  private watchIdle(): void {
    const idleMs = this.idleTimeoutMs()
    if (idleMs > 0) this.setIdle(idleMs)
    else if (this.idle !== null) this.stream.plan.runtime.wheel.clear(this.idle)
  }

  /** Counted from the arrival of the head, whenever the route became known. */
  private watchDuration(): void {
    const { stream } = this
    const { wheel } = stream.plan.runtime
    const limitMs = this.durationLimitMs()
    if (limitMs > 0) {
      this.duration ??= new WheelTimer(this, DURATION_TIMER)
      wheel.set(this.duration, Math.max(limitMs - stream.elapsedMs(), 0))
    } else if (this.duration !== null) {
      wheel.clear(this.duration)
    }
  }

  /** 0: no limit. */
  private durationLimitMs(): number {
    const { route, requestHeaders, plan } = this.stream
    const own = route?.action.kind === 'route' ? streamDurationMs(route.action.maxStreamDuration, requestHeaders) : null
    return own ?? plan.config.maxStreamDurationMs
  }

  private endRequest(): void {
    const { stream } = this
    stream.plan.stats.add(stream.plan.stats.rqTimeout, 1)
    stream.replyWith(LOCAL_REPLIES.wholeRequestTimeout)
  }

  private endDuration(): void {
    const { stream } = this
    const { durationTimeout } = LOCAL_REPLIES
    stream.plan.stats.add(stream.plan.stats.rqMaxDuration, 1)
    const status = stream.requestComplete ? 504 : durationTimeout.status
    stream.reply(status, durationTimeout.body, durationTimeout.flags, durationTimeout.details, [], GRPC_DEADLINE_EXCEEDED)
  }

  /** Activity does not move the timer, so that it costs nothing: the rest is waited for now. */
  private checkIdle(): void {
    const { plan } = this.stream
    const idleMs = this.idleTimeoutMs()
    if (idleMs === 0) return
    const restMs = this.lastActivityMs + idleMs - plan.runtime.clock.monotonicMs()
    if (restMs > 0) {
      this.setIdle(restMs)
      return
    }
    plan.stats.add(plan.stats.rqIdleTimeout, 1)
    this.giveUp()
  }

  /** Nothing to say once the response has begun: it is broken off. */
  private giveUp(): void {
    const { stream } = this
    const { streamIdleTimeout } = LOCAL_REPLIES
    if (stream.requestComplete && !stream.responseStarted) {
      stream.replyWith({ ...streamIdleTimeout, status: 504, body: 'stream timeout' })
    } else {
      stream.replyWith(streamIdleTimeout)
    }
  }

  private idleTimeoutMs(): number {
    const { route, plan } = this.stream
    const own = route?.action.kind === 'route' ? route.action.idleTimeoutMs : null
    return own ?? plan.config.streamIdleTimeoutMs
  }

  private setIdle(delayMs: number): void {
    this.idle ??= new WheelTimer(this, IDLE_TIMER)
    this.stream.plan.runtime.wheel.set(this.idle, delayMs)
  }
}
