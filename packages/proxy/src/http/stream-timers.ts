import { type TimerOwner, WheelTimer } from '@meshwork/core/time'
import type { ActiveStream } from './active-stream.ts'
import { LOCAL_REPLIES } from './local-reply.ts'

const IDLE_TIMER = 0
const ROUTE_TIMER = 1

/** How long a stream may be silent, and how long its upstream may take to answer. */
export class StreamTimers implements TimerOwner {
  private readonly stream: ActiveStream
  private lastActivityMs: number
  private idle: WheelTimer | null = null
  private route: WheelTimer | null = null

  constructor(stream: ActiveStream) {
    this.stream = stream
    this.lastActivityMs = stream.startMs
  }

  /** Begins to wait for silence. */
  watchIdle(): void {
    const idleMs = this.stream.plan.config.streamIdleTimeoutMs
    if (idleMs > 0) this.setIdle(idleMs)
  }

  /** Bytes came, from either side. */
  touch(): void {
    this.lastActivityMs = this.stream.plan.runtime.clock.monotonicMs()
  }

  /** From the end of the request on the route's timeout runs; not for tunnels. */
  watchRoute(): void {
    const { route, upgrade, plan } = this.stream
    const timeoutMs = route?.action.kind === 'route' ? route.action.timeoutMs : 0
    if (timeoutMs <= 0 || upgrade) return
    this.route ??= new WheelTimer(this, ROUTE_TIMER)
    plan.runtime.wheel.set(this.route, timeoutMs)
  }

  clearRoute(): void {
    if (this.route !== null) this.stream.plan.runtime.wheel.clear(this.route)
  }

  clear(): void {
    if (this.idle !== null) this.stream.plan.runtime.wheel.clear(this.idle)
    this.clearRoute()
  }

  onTimer(kind: number): void {
    if (this.stream.ended) return
    if (kind === ROUTE_TIMER) this.stream.onRouteTimeout()
    else this.checkIdle()
  }

  /** Activity does not move the timer, so that it costs nothing: the rest is waited for now. */
  private checkIdle(): void {
    const { plan } = this.stream
    const restMs = this.lastActivityMs + this.idleTimeoutMs() - plan.runtime.clock.monotonicMs()
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
