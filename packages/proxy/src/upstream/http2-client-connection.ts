import { TUNNEL_PROTOCOL } from '@meshwork/core/ids'
import { type TimerOwner, WheelTimer } from '@meshwork/core/time'
import type { HeaderTable } from '../http/header-table.ts'
import { type Http2Output, Http2Session, type Http2Sink, type Http2Stream, type ResetCause } from '../http2/index.ts'
import { alpnOf, type Transport } from '../net/transport.ts'
import { type TurnEndTask, turnEnd } from '../net/turn-end.ts'
import type { ClusterContext } from './cluster-context.ts'
import { type ConnectHandler, connectTo } from './connect.ts'
import type { PoolFailure } from './connection-pool.ts'
import type { Host } from './host.ts'
import { http2ClientOptions } from './http2-client-options.ts'
import { Http2Exchange, type Http2ExchangeOwner } from './http2-exchange.ts'
import { UpstreamConnectionFacts } from './upstream-connection-facts.ts'
import type { UpstreamSocket } from './upstream-socket.ts'

/** Who made a connection and gives it requests. */
export interface Http2ConnectionOwner {
  readonly cluster: ClusterContext
  readonly host: Host
  /** `tunnel`: HTTP/1.1 in HTTP/2 frames, only with a proxy of ours. */
  readonly speaks: 'http2' | 'tunnel'
  onConnected(connection: Http2ClientConnection): void
  onConnectFailed(failure: PoolFailure, detail: string): void
  /** The connection may take more requests than before. */
  onCapacity(connection: Http2ClientConnection): void
  /** The connection takes no further requests; those under way go on. */
  onDraining(connection: Http2ClientConnection): void
  /** The server chose another protocol by ALPN; `onConnectFailed` follows. */
  onOtherProtocol(): void
  /** The connection is gone for whatever reason; called once for each. */
  onClosed(connection: Http2ClientConnection): void
}

const CONNECT_TIMER = 0
const IDLE_TIMER = 1
const PING_TIMER = 2
const PONG_TIMER = 3

/** One HTTP/2 connection to a host, shared by many requests. Owned by its pool. */
export class Http2ClientConnection
  implements ConnectHandler, Http2Sink<Http2Exchange>, Http2Output, Http2ExchangeOwner, TurnEndTask, TimerOwner
{
  /** `10.0.0.1:40000`, our own end; empty while there is none. */
  localAddress = ''
  facts: UpstreamConnectionFacts | null = null
  readonly session: Http2Session<Http2Exchange>
  /** No further requests: the peer or the pool said so, or the connection has carried its number. */
  draining = false
  private readonly owner: Http2ConnectionOwner
  private readonly via: UpstreamSocket | null
  private readonly timers: readonly WheelTimer[] = [CONNECT_TIMER, IDLE_TIMER, PING_TIMER, PONG_TIMER].map(
    kind => new WheelTimer(this, kind),
  )
  private readonly touched: Http2Exchange[] = []
  private transport: Transport | null = null
  private connectStartMs = 0
  private connecting = true
  private closing = false
  private gone = false
  private served = 0
  /** Exchanges that were handed out and have not begun. */
  private promised = 0

  constructor(owner: Http2ConnectionOwner, via: UpstreamSocket | null) {
    this.owner = owner
    this.via = via
    this.session = new Http2Session<Http2Exchange>(
      'client',
      this,
      this,
      http2ClientOptions(owner.cluster.config),
      owner.cluster.stats.http2,
    )
  }

  connect(): void {
    const { config, deps } = this.owner.cluster
    this.connectStartMs = deps.clock.monotonicMs()
    this.set(CONNECT_TIMER, config.connectTimeoutMs)
    this.transport = connectTo(this.owner.host, this.via, this, this.owner.speaks)
    if (this.transport === null)
      queueMicrotask(() => this.connectFailed('connection-failure', 'TLS_error:|secret is not supplied by SDS:TLS_error_end'))
  }

  /** A connection that someone else made, to find out which protocol it speaks. */
  adopt(transport: Transport): void {
    this.transport = transport
    transport.handler = this
    this.established()
  }

  /** Requests that it could take now. */
  get capacity(): number {
    if (this.connecting || this.gone || this.closing || this.draining || this.session.failed) return 0
    if (!this.session.canStartStream || this.transport?.socket.destroyed !== false) return 0
    const { http2, maxRequestsPerConnection: limit } = this.owner.cluster.config
    const streams =
      Math.min(http2.maxConcurrentStreams, this.session.peer.maxConcurrentStreams) - this.session.activeStreams - this.promised
    return limit === 0 ? streams : Math.min(streams, limit - this.served)
  }

  /** Requests that it carries, or has promised to. */
  get streams(): number {
    return this.session.activeStreams + this.promised
  }

  get reused(): boolean {
    return this.served > 1
  }

  /** A place for one request; `capacity` must be more than 0. */
  take(): Http2Exchange {
    const { config, deps } = this.owner.cluster
    deps.wheel.clear(this.timer(IDLE_TIMER))
    this.served++
    this.promised++
    if (config.maxRequestsPerConnection > 0 && this.served >= config.maxRequestsPerConnection) this.drain()
    return new Http2Exchange(this)
  }

  onPromiseKept(): void {
    this.promised--
    this.afterStream()
  }

  /** No further requests; closes when those under way are done. */
  drain(): void {
    if (this.draining) return
    this.draining = true
    this.owner.onDraining(this)
    this.afterStream()
  }

  close(): void {
    this.closing = true
    this.transport?.destroy()
  }

  // ---- told by the transport

  onConnected(): void {
    if (!this.connecting) return
    const protocol = this.transport === null ? '' : alpnOf(this.transport)
    if (!this.isSpoken(protocol)) {
      this.owner.onOtherProtocol()
      this.connectFailed('connection-failure', `TLS_error:|the peer chose ${protocol}:TLS_error_end`)
      this.transport?.destroy()
      return
    }
    const { deps, stats } = this.owner.cluster
    deps.stats.record(stats.cxConnectMs, deps.clock.monotonicMs() - this.connectStartMs)
    this.established()
    this.owner.onConnected(this)
  }

  onConnectFailed(reason: string): void {
    this.connectFailed('connection-failure', reason)
  }

  onBytes(bytes: Buffer, from: number, to: number): void {
    if (this.connecting) return
    this.session.feed(bytes, from, to, this.owner.cluster.deps.clock.monotonicMs())
    const { touched } = this
    for (let i = 0; i < touched.length; i++) touched[i]?.onFed()
    touched.length = 0
  }

  onFin(): void {
    this.close()
  }

  onDrain(): void {
    this.session.onWritable()
  }

  onClosed(): void {
    this.gone = true
    const { deps, stats } = this.owner.cluster
    for (const timer of this.timers) deps.wheel.clear(timer)
    if (this.transport !== null) stats.ended(this.transport, this.session.activeStreams > 0)
    if (this.connecting) this.connectFailed('connection-failure', 'connection closed')
    this.owner.onClosed(this)
    this.session.terminate()
  }

  // ---- the session's output

  get congested(): boolean {
    return this.transport?.congested ?? false
  }

  write(bytes: Buffer): boolean {
    return this.transport?.writeShared(bytes) ?? true
  }

  onOutput(): void {
    turnEnd.add(this)
  }

  onTurnEnd(): void {
    if (!this.gone) this.session.flush()
    if (this.closing) this.transport?.endAndClose()
  }

  // ---- told by the session

  onResponseHead(stream: Http2Stream<Http2Exchange>, endStream: boolean): void {
    this.touch(stream)
    stream.owner?.onHead(stream, endStream)
  }

  onData(stream: Http2Stream<Http2Exchange>, chunk: Buffer): void {
    this.touch(stream)
    stream.owner?.onData(stream, chunk)
  }

  onStreamEnd(stream: Http2Stream<Http2Exchange>, trailers: HeaderTable | null): void {
    stream.owner?.onEnd(trailers)
  }

  onStreamReset(stream: Http2Stream<Http2Exchange>, code: number, cause: ResetCause): void {
    stream.owner?.onReset(code, cause)
  }

  onStreamDrain(stream: Http2Stream<Http2Exchange>): void {
    stream.owner?.onDrain()
  }

  onStreamClosed(_stream: Http2Stream<Http2Exchange>): void {
    this.afterStream()
  }

  onGoaway(): void {
    this.drain()
  }

  onSettings(): void {
    if (!this.draining) this.owner.onCapacity(this)
  }

  onPong(): void {
    this.owner.cluster.deps.wheel.clear(this.timer(PONG_TIMER))
  }

  onSessionError(): void {
    this.closing = true
    this.drain()
    this.onOutput()
  }

  onRequestHead(): void {}

  onInterimHead({ owner }: Http2Stream<Http2Exchange>, status: number, headers: HeaderTable): void {
    owner?.onInterim(status, headers)
  }

  onTimer(kind: number): void {
    switch (kind) {
      case CONNECT_TIMER:
        this.connectFailed('connection-timeout', '')
        this.transport?.destroy()
        break
      case PING_TIMER:
        this.checkAlive()
        break
      default:
        this.close()
    }
  }

  /** A server without ALPN is taken to speak HTTP/2 where the configuration says so; a tunnel must have been agreed on. */
  private isSpoken(protocol: string): boolean {
    return this.owner.speaks === 'tunnel' ? protocol === TUNNEL_PROTOCOL : protocol === '' || protocol === 'h2'
  }

  private established(): void {
    this.connecting = false
    const socket = this.transport?.socket
    if (socket?.localAddress !== undefined) this.localAddress = `${socket.localAddress}:${socket.localPort ?? 0}`
    this.facts = new UpstreamConnectionFacts(socket, 'HTTP/2')
    const { deps, config } = this.owner.cluster
    deps.wheel.clear(this.timer(CONNECT_TIMER))
    this.session.start()
    this.onOutput()
    this.set(PING_TIMER, config.http2.keepalive?.intervalMs ?? 0)
    this.set(IDLE_TIMER, config.idleTimeoutMs)
  }

  private connectFailed(failure: 'connection-failure' | 'connection-timeout', reason: string): void {
    if (!this.connecting) return
    this.connecting = false
    const { deps, stats } = this.owner.cluster
    deps.wheel.clear(this.timer(CONNECT_TIMER))
    deps.stats.add(stats.cxConnectFail, 1)
    if (failure === 'connection-timeout') deps.stats.add(stats.cxConnectTimeout, 1)
    this.owner.host.counters.cxConnectFail++
    if (this.transport === null) this.owner.onClosed(this)
    this.owner.onConnectFailed(failure, reason)
  }

  /** A place became free, or will not be used any more. */
  private afterStream(): void {
    const unused = this.session.activeStreams === 0 && this.promised === 0
    if (this.draining) {
      if (!unused || this.connecting) return
      this.closing = true
      this.onOutput()
      return
    }
    if (unused) this.set(IDLE_TIMER, this.owner.cluster.config.idleTimeoutMs)
    this.owner.onCapacity(this)
  }

  private checkAlive(): void {
    const { keepalive } = this.owner.cluster.config.http2
    if (keepalive === null) return
    this.session.ping(0)
    this.set(PONG_TIMER, keepalive.timeoutMs)
    this.set(PING_TIMER, keepalive.intervalMs)
  }

  private touch({ owner }: Http2Stream<Http2Exchange>): void {
    if (owner === null || owner.touched) return
    owner.touched = true
    this.touched.push(owner)
  }

  private timer(kind: number): WheelTimer {
    return this.timers[kind] ?? new WheelTimer(this, kind)
  }

  /** 0 ms: not at all. */
  private set(kind: number, delayMs: number): void {
    if (delayMs > 0) this.owner.cluster.deps.wheel.set(this.timer(kind), delayMs)
  }
}
