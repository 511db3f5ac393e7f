import { type TimerOwner, WheelTimer } from '@meshwork/core/time'
import type { ConnectionFacts } from '../filters/filter.ts'
import {
  type Http2Output,
  Http2Session,
  type Http2Sink,
  type Http2Stream,
  NO_ERROR,
  PROTOCOL_ERROR,
  type ResetCause,
  type SessionProblem,
} from '../http2/index.ts'
import type { Transport, TransportHandler } from '../net/transport.ts'
import { type TurnEndTask, turnEnd } from '../net/turn-end.ts'
import type { ConnectionPlan } from './connection-plan.ts'
import type { HeaderTable } from './header-table.ts'
import { HeaderTrait } from './header-traits.ts'
import { Http2Downstream, type Http2StreamOwner } from './http2-downstream.ts'
import { http2ServerOptions } from './http2-session-options.ts'
import { requestFromHttp2 } from './http2-request.ts'
import { HttpStream } from './http-stream.ts'

const IDLE_TIMER = 0
const AGE_TIMER = 1
const DRAIN_TIMER = 2
const LINGER_TIMER = 3
const PING_TIMER = 4
const PONG_TIMER = 5

/** After a GOAWAY what the client still sends is taken for this long, so that no RST of TCP eats it. */
const LINGER_MS = 1000

/** One HTTP/2 connection of a client with all its streams. */
export class Http2ServerConnection
  implements TransportHandler, Http2Sink<Http2Downstream>, Http2Output, Http2StreamOwner, TurnEndTask, TimerOwner
{
  readonly facts: ConnectionFacts
  readonly session: Http2Session<Http2Downstream>
  private readonly plan: ConnectionPlan
  private readonly beganMs: number
  private readonly transport: Transport
  private readonly onGone: () => void
  private readonly timers: readonly WheelTimer[] = [IDLE_TIMER, AGE_TIMER, DRAIN_TIMER, LINGER_TIMER, PING_TIMER, PONG_TIMER].map(
    kind => new WheelTimer(this, kind),
  )
  /** Streams that got something in the read under way. */
  private readonly touched: Http2Downstream[] = []
  private requests = 0
  private draining = false
  private leaving = false
  private lingering = false

  constructor(transport: Transport, facts: ConnectionFacts, plan: ConnectionPlan, onGone: () => void) {
    this.transport = transport
    this.facts = facts
    this.plan = plan
    this.onGone = onGone
    this.session = new Http2Session<Http2Downstream>('server', this, this, http2ServerOptions(plan.config), plan.stats.http2)
    transport.handler = this
    const { stats, config } = plan
    this.beganMs = plan.runtime.clock.monotonicMs()
    stats.add(stats.cxTotal, 1)
    stats.add(stats.cxHttp2Total, 1)
    stats.add(stats.cxActive, 1)
    stats.add(stats.cxHttp2Active, 1)
    this.session.start()
    this.set(IDLE_TIMER, config.idleTimeoutMs)
    this.set(AGE_TIMER, config.maxConnectionDurationMs)
    this.set(PING_TIMER, config.http2.keepalive?.intervalMs ?? 0)
  }

  // ---- told by the listener

  /** The listener goes: no new requests; the connection ends with its last stream. */
  get protocol(): string {
    return 'HTTP/2'
  }

  drain(): void {
    this.beginDrain()
    if (this.session.activeStreams === 0) this.leave()
  }

  destroy(): void {
    this.transport.destroy()
  }

  // ---- told by the transport

  onBytes(bytes: Buffer, from: number, to: number): void {
    if (this.lingering) return
    this.session.feed(bytes, from, to, this.plan.runtime.clock.monotonicMs())
    for (const downstream of this.touched) {
      downstream.touched = false
      downstream.http?.flushRequest()
    }
    this.touched.length = 0
  }

  onFin(): void {
    this.transport.destroy()
  }

  onDrain(): void {
    this.session.onWritable()
  }

  onClosed(): void {
    const { stats, runtime } = this.plan
    for (const timer of this.timers) runtime.wheel.clear(timer)
    stats.add(stats.cxHttp2Active, -1)
    stats.closed(this.transport, runtime.clock.monotonicMs() - this.beganMs, this.session.activeStreams > 0)
    this.session.terminate()
    this.onGone()
  }

  // ---- the session's output

  get congested(): boolean {
    return this.transport.congested
  }

  write(bytes: Buffer): boolean {
    return this.transport.writeShared(bytes)
  }

  onOutput(): void {
    turnEnd.add(this)
  }

  onTurnEnd(): void {
    this.session.flush()
    if (this.leaving && !this.lingering) this.linger()
  }

  // ---- told by the session

  onRequestHead(stream: Http2Stream<Http2Downstream>, endStream: boolean): void {
    const { plan } = this
    plan.runtime.wheel.clear(this.timer(IDLE_TIMER))
    if (!this.admitsNames(stream)) return
    const downstream = new Http2Downstream(this, stream)
    stream.owner = downstream
    requestFromHttp2(stream)
    const http = new HttpStream(plan, downstream, stream.method, stream.path, stream.headers)
    downstream.http = http
    this.requests++
    const limit = plan.config.maxRequestsPerConnection
    if (limit > 0 && this.requests >= limit) this.beginDrain()
    http.begin(endStream)
    this.touch(downstream)
  }

  /** `headers_with_underscores_action`: a head that is refused resets its stream, as a malformed one does. */
  private admitsNames(stream: Http2Stream<Http2Downstream>): boolean {
    const rule = this.plan.config.headersWithUnderscores
    if (rule === 'allow' || !stream.headers.hasTrait(HeaderTrait.underscore)) return true
    if (rule === 'drop') stream.headers.removeTraits(HeaderTrait.underscore)
    else this.session.resetStream(stream, PROTOCOL_ERROR)
    return rule === 'drop'
  }

  onData(stream: Http2Stream<Http2Downstream>, chunk: Buffer): void {
    const { owner } = stream
    if (owner === null) return
    owner.onData(chunk)
    this.touch(owner)
  }

  onStreamEnd(stream: Http2Stream<Http2Downstream>, trailers: HeaderTable | null): void {
    const { owner } = stream
    if (owner === null || owner.http?.ended === true) return
    owner.http?.onRequestEnd(trailers)
    this.touch(owner)
  }

  onStreamReset(stream: Http2Stream<Http2Downstream>, _code: number, cause: ResetCause): void {
    stream.owner?.http?.onDownstreamGone(RESET_DETAILS[cause])
  }

  onStreamDrain(stream: Http2Stream<Http2Downstream>): void {
    stream.owner?.http?.onDownstreamDrain()
  }

  onEndSent({ owner }: Http2Stream<Http2Downstream>): void {
    owner?.onEndSent()
  }

  awaitFlush(timer: WheelTimer): void {
    const { streamIdleTimeoutMs } = this.plan.config
    if (streamIdleTimeoutMs > 0) this.plan.runtime.wheel.set(timer, streamIdleTimeoutMs)
  }

  flushTimedOut(stream: Http2Stream<Http2Downstream>): void {
    this.plan.stats.http2.count('tx_flush_timeout')
    this.session.resetStream(stream, NO_ERROR)
  }

  onStreamClosed({ owner }: Http2Stream<Http2Downstream>): void {
    if (owner !== null && owner.flushTimer !== null) this.plan.runtime.wheel.clear(owner.flushTimer)
    if (this.session.activeStreams > 0) return
    if (this.draining && !this.timer(DRAIN_TIMER).armed) this.leave()
    else this.set(IDLE_TIMER, this.plan.config.idleTimeoutMs)
  }

  onResponseStarts(): void {
    if (!this.plan.draining || this.draining) return
    this.plan.stats.add(this.plan.stats.cxDrainClose, 1)
    this.beginDrain()
  }

  onSessionError(_code: number, _reason: SessionProblem): void {
    this.plan.stats.add(this.plan.stats.cxProtocolError, 1)
    this.leaving = true
    this.onOutput()
  }

  onPong(): void {
    this.plan.runtime.wheel.clear(this.timer(PONG_TIMER))
  }

  onResponseHead(): void {}
  onInterimHead(): void {}
  onGoaway(): void {}
  onSettings(): void {}

  // ---- the end of the connection

  onTimer(kind: number): void {
    const { stats } = this.plan
    switch (kind) {
      case IDLE_TIMER:
        stats.add(stats.cxIdleTimeout, 1)
        this.leave()
        break
      case AGE_TIMER:
        stats.add(stats.cxMaxDuration, 1)
        this.beginDrain()
        break
      case DRAIN_TIMER:
        this.session.goaway(NO_ERROR, '')
        if (this.session.activeStreams === 0) this.leave()
        break
      case PING_TIMER:
        this.checkAlive()
        break
      default:
        this.transport.destroy()
    }
  }

  /** First says that the end is near, and only after `drain_timeout` that no stream is taken any more (RFC 9113 section 6.8). */
  private beginDrain(): void {
    if (this.draining) return
    this.draining = true
    this.session.announceGoaway()
    this.set(DRAIN_TIMER, Math.max(this.plan.config.drainTimeoutMs, 1))
  }

  /** Nothing is under way any more: says so, and goes. */
  private leave(): void {
    if (this.leaving) return
    this.leaving = true
    this.session.goaway(NO_ERROR, '')
    this.onOutput()
  }

  private linger(): void {
    this.lingering = true
    this.transport.end()
    this.set(LINGER_TIMER, LINGER_MS)
  }

  private checkAlive(): void {
    const { keepalive } = this.plan.config.http2
    if (keepalive === null) return
    this.session.ping(0)
    this.set(PONG_TIMER, keepalive.timeoutMs)
    this.set(PING_TIMER, keepalive.intervalMs)
  }

  private touch(downstream: Http2Downstream): void {
    if (downstream.touched) return
    downstream.touched = true
    this.touched.push(downstream)
  }

  private timer(kind: number): WheelTimer {
    return this.timers[kind] ?? new WheelTimer(this, kind)
  }

  /** 0 ms: not at all. */
  private set(kind: number, delayMs: number): void {
    if (delayMs > 0) this.plan.runtime.wheel.set(this.timer(kind), delayMs)
  }
}

/** Envoy's `%RESPONSE_CODE_DETAILS%` of streams that the client or its connection ended. */
const RESET_DETAILS: Readonly<Record<ResetCause, string>> = {
  'remote-reset': 'http2.remote_reset',
  'remote-refused': 'http2.remote_refuse',
  malformed: 'http2.violation.of.messaging.rule',
  connection: 'downstream_remote_disconnect',
}
