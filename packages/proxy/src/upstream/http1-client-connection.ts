import { type TimerOwner, WheelTimer } from '@meshwork/core/time'
import type { HeaderTable } from '../http/header-table.ts'
import { HEADER_IDS } from '../http/header-name.ts'
import { BODY_NONE, BODY_UNTIL_CLOSE } from '../http1/body-framing.ts'
import { idleLimitMs } from './keep-alive-hint.ts'
import { encodeRequestHead, type NameCase } from '../http1/encode.ts'
import { MessageParser, type ParserSink } from '../http1/message-parser.ts'
import { MessageWriter } from '../http1/message-writer.ts'
import type { ParseProblem } from '../http1/parse-problem.ts'
import type { Http1ClientOptions } from '../model/cluster.ts'
import type { Transport } from '../net/transport.ts'
import type { ClusterContext } from './cluster-context.ts'
import { type ConnectHandler, connectTo } from './connect.ts'
import type { Exchange, ExchangeConnection, RequestHead } from './exchange.ts'
import type { Host } from './host.ts'
import { UpstreamConnectionFacts } from './upstream-connection-facts.ts'
import type { UpstreamSocket } from './upstream-socket.ts'

/** Methods whose requests need not say that they have no body (RFC 9110 8.6). */
const BODILESS_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'TRACE', 'CONNECT'])

/** Who made a connection and gives it requests. */
export interface ConnectionOwner {
  readonly cluster: ClusterContext
  readonly host: Host
  onConnected(connection: Http1ClientConnection): void
  onConnectFailed(failure: 'connection-failure' | 'connection-timeout', detail: string): void
  /** The request ended and the connection can carry another one. */
  release(connection: Http1ClientConnection): void
  /** The connection is gone for whatever reason; called once for each. */
  onClosed(connection: Http1ClientConnection): void
}

const CONNECT_TIMER = 0
const IDLE_TIMER = 1

/** One HTTP/1.1 connection to a host, carrying one request at a time. Owned by its pool. */
export class Http1ClientConnection implements ExchangeConnection, ConnectHandler, ParserSink, TimerOwner {
  /** `10.0.0.1:40000`, our own end; empty while there is none. */
  localAddress = ''
  facts: UpstreamConnectionFacts | null = null
  private readonly owner: ConnectionOwner
  private readonly via: UpstreamSocket | null
  private readonly options: Http1ClientOptions
  private readonly nameCase: NameCase
  private readonly parser: MessageParser
  private readonly connectTimer: WheelTimer = new WheelTimer(this, CONNECT_TIMER)
  private readonly idleTimer: WheelTimer = new WheelTimer(this, IDLE_TIMER)
  private transport: Transport | null = null
  private writer: MessageWriter | null = null
  private exchange: Exchange | null = null
  private connectStartMs = 0
  private connecting = true
  private interim = false
  private answersHead = false
  private reusable = true
  private requestSent = true
  private responseDone = true
  private responseTrailers: HeaderTable | null = null
  private upgrade = false
  private idleSinceMs = 0
  /** How long this connection may be unused; 0: for ever. The peer may shorten it with each answer. */
  private idleLimitMs: number
  private keepAliveHint: string | null = null
  private served = 0
  private gone = false

  constructor(owner: ConnectionOwner, via: UpstreamSocket | null) {
    this.owner = owner
    this.via = via
    this.options = owner.cluster.config.http1
    this.idleLimitMs = owner.cluster.config.idleTimeoutMs
    this.nameCase = this.options.headerCase === 'proper' ? 'proper' : 'lower'
    this.parser = new MessageParser('response', this, {
      maxHeadBytes: this.options.maxResponseHeadersBytes,
      maxFields: this.options.maxResponseHeadersCount,
      keepsCase: this.options.headerCase === 'preserve',
      trailers: this.options.trailers,
    })
  }

  connect(): void {
    const { config, deps } = this.owner.cluster
    this.connectStartMs = deps.clock.monotonicMs()
    deps.wheel.set(this.connectTimer, config.connectTimeoutMs)
    this.transport = connectTo(this.owner.host, this.via, this, 'http1')
    if (this.transport !== null) this.writer = new MessageWriter(this.transport, this.nameCase, this.options.trailers)
    else queueMicrotask(() => this.connectFailed('connection-failure', 'TLS_error:|secret is not supplied by SDS:TLS_error_end'))
  }

  /** A connection that someone else made, to find out which protocol it speaks. */
  adopt(transport: Transport): void {
    this.transport = transport
    this.writer = new MessageWriter(transport)
    transport.handler = this
    this.established()
  }

  /** Not closed, nor about to be. */
  get usable(): boolean {
    return !this.gone && this.transport?.socket.destroyed === false
  }

  get congested(): boolean {
    return this.transport?.congested ?? false
  }

  begin(exchange: Exchange, head: RequestHead, bodiless: boolean): void {
    this.exchange = exchange
    this.upgrade = head.upgrade
    // A body of unknown length must be chunked.
    const unframed = !head.upgrade && head.requestHeaders.findId(HEADER_IDS['content-length']) < 0
    const chunked = !bodiless && unframed
    if (bodiless && unframed && !BODILESS_METHODS.has(head.method)) head.requestHeaders.append('content-length', '0')
    this.writer?.begin(encodeRequestHead(head.method, head.path, head.requestHeaders, chunked, this.nameCase), chunked)
    this.answersHead = head.method === 'HEAD'
    this.parser.bodiless = this.answersHead
    this.requestSent = false
    this.responseDone = false
    this.served++
    const limit = this.owner.cluster.config.maxRequestsPerConnection
    this.reusable = limit === 0 || this.served < limit
  }

  sendData(chunk: Buffer, volatile: boolean): void {
    this.writer?.data(chunk, volatile)
  }

  /** Data of a request with a length is over too: there is nothing to send for it. */
  sendEnd(trailers: HeaderTable | null): void {
    this.writer?.end(trailers)
    if (this.upgrade) {
      this.transport?.end()
      return
    }
    this.requestSent = true
    if (this.responseDone) this.finished()
  }

  flush(): void {
    this.writer?.flush()
  }

  pause(): void {
    this.transport?.pause()
  }

  resume(): void {
    this.transport?.resume()
  }

  /** The exchange is given up; the connection cannot be used again. */
  abort(): void {
    this.exchange = null
    this.close()
  }

  close(): void {
    this.transport?.destroy()
  }

  restUntilUsed(): void {
    const { deps } = this.owner.cluster
    if (this.idleLimitMs === 0) return
    this.idleSinceMs = deps.clock.monotonicMs()
    if (!this.idleTimer.armed) deps.wheel.set(this.idleTimer, this.idleLimitMs)
  }

  onTimer(kind: number): void {
    if (kind === CONNECT_TIMER) {
      this.connectFailed('connection-timeout', '')
      this.transport?.destroy()
    } else {
      this.checkIdle()
    }
  }

  /** Requests do not move the timer, so that they cost nothing: the rest is waited for now. */
  private checkIdle(): void {
    const { deps } = this.owner.cluster
    if (this.exchange !== null) return
    const restMs = this.idleSinceMs + this.idleLimitMs - deps.clock.monotonicMs()
    if (restMs > 0) deps.wheel.set(this.idleTimer, restMs)
    else this.close()
  }

  onConnected(): void {
    if (!this.connecting) return
    this.established()
    const { deps, stats } = this.owner.cluster
    deps.wheel.clear(this.connectTimer)
    deps.stats.record(stats.cxConnectMs, deps.clock.monotonicMs() - this.connectStartMs)
    this.owner.onConnected(this)
  }

  onConnectFailed(reason: string): void {
    this.connectFailed('connection-failure', reason)
  }

  onBytes(bytes: Buffer, from: number, to: number): void {
    let at = from
    while (at < to && !this.gone) {
      if (this.exchange === null) {
        // Bytes nobody asked for: whatever they are, the next request must not take them for its answer.
        this.close()
        return
      }
      at = this.parser.feed(bytes, at, to)
      if (this.parser.done) {
        // More than the answer: it must not become the answer of the next request, which may start in `complete`.
        if (at < to) this.reusable = false
        this.complete()
        return
      }
    }
    this.exchange?.onResponseFed()
  }

  onHead(): void {
    const { startLine, headers } = this.parser
    const { status } = startLine
    this.interim = status < 200 && status !== 101
    if (this.interim) {
      this.exchange?.onResponseInterim?.(status, headers)
      return
    }
    if (status === 101 && !this.acceptSwitch()) return
    if (status === 204 && announcesBody(headers)) {
      this.onProblem('status-line')
      return
    }
    if (!startLine.http11 || this.parser.kind === BODY_UNTIL_CLOSE || asksToClose(headers)) this.reusable = false
    this.learnIdleLimit(headers)
    this.exchange?.onResponseHead(status, headers, status !== 101 && this.parser.kind === BODY_NONE)
  }

  onData(chunk: Buffer): void {
    this.exchange?.onResponseData(chunk, this.transport?.reusesBuffer ?? true)
  }

  /** The parser stands still after a final answer, so that whoever fed it sees whether bytes are left. */
  onEnd(trailers: HeaderTable | null): void {
    if (this.interim) {
      this.parser.next()
      this.parser.bodiless = this.answersHead
    } else {
      this.responseTrailers = trailers
    }
  }

  onProblem(_problem: ParseProblem): void {
    const { exchange } = this
    this.exchange = null
    this.close()
    exchange?.onExchangeFailed('protocol-error')
  }

  onFin(): void {
    if (this.exchange !== null && this.parser.endOfStream() && this.parser.done) this.complete()
    this.close()
  }

  onDrain(): void {
    this.exchange?.onUpstreamDrain()
  }

  onClosed(): void {
    this.gone = true
    const { deps, stats } = this.owner.cluster
    deps.wheel.clear(this.idleTimer)
    if (this.transport !== null) stats.ended(this.transport, this.exchange !== null)
    if (this.connecting) this.connectFailed('connection-failure', 'connection closed')
    const { exchange } = this
    this.exchange = null
    this.owner.onClosed(this)
    exchange?.onExchangeFailed('connection-termination')
  }

  private established(): void {
    this.connecting = false
    const socket = this.transport?.socket
    if (socket?.localAddress !== undefined) this.localAddress = `${socket.localAddress}:${socket.localPort ?? 0}`
    this.facts = new UpstreamConnectionFacts(socket, 'HTTP/1.1')
  }

  /** A timer that was set for a longer time is set anew, so that the connection is gone before the peer closes it. */
  private learnIdleLimit(headers: HeaderTable): void {
    const hint = headers.getId(HEADER_IDS['keep-alive'])
    if (hint === null || hint === this.keepAliveHint) return
    this.keepAliveHint = hint
    const { config, deps } = this.owner.cluster
    const limitMs = idleLimitMs(hint, config.idleTimeoutMs)
    if (limitMs === this.idleLimitMs) return
    this.idleLimitMs = limitMs
    deps.wheel.clear(this.idleTimer)
  }

  /** Bytes of both directions are opaque now. An upstream that switches unasked (RFC 9110 section 15.2.2) cannot be understood. */
  private acceptSwitch(): boolean {
    this.reusable = false
    if (this.upgrade) this.parser.becomeOpaque()
    else this.onProblem('status-line')
    return this.upgrade
  }

  private connectFailed(failure: 'connection-failure' | 'connection-timeout', reason: string): void {
    if (!this.connecting) return
    this.connecting = false
    const { deps, stats } = this.owner.cluster
    deps.wheel.clear(this.connectTimer)
    deps.stats.add(stats.cxConnectFail, 1)
    if (failure === 'connection-timeout') deps.stats.add(stats.cxConnectTimeout, 1)
    this.owner.host.counters.cxConnectFail++
    if (this.transport === null) this.owner.onClosed(this)
    this.owner.onConnectFailed(failure, reason)
  }

  private complete(): void {
    const { exchange, responseTrailers } = this
    this.parser.next()
    this.responseDone = true
    if (this.requestSent) {
      this.finished()
    } else {
      // An answer before the whole request: the rest of the request is not sent on this connection any more.
      this.exchange = null
      this.close()
    }
    exchange?.onResponseEnd(responseTrailers)
  }

  private finished(): void {
    this.exchange = null
    if (this.gone) return
    if (this.reusable) this.owner.release(this)
    else this.close()
  }
}

function asksToClose(headers: HeaderTable): boolean {
  const value = headers.getId(HEADER_IDS.connection)
  return value !== null && /(^|,)\s*close\s*(,|$)/i.test(value)
}

/** A 204 has no body (RFC 9110 8.6): who announces one is not to be trusted with where it ends. */
function announcesBody(headers: HeaderTable): boolean {
  const length = headers.getId(HEADER_IDS['content-length'])
  return headers.findId(HEADER_IDS['transfer-encoding']) >= 0 || (length !== null && length !== '0')
}
