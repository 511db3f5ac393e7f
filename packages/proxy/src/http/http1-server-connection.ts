import { type TimerOwner, WheelTimer } from '@meshwork/core/time'
import type { ConnectionFacts } from '../filters/filter.ts'
import { BODY_NONE } from '../http1/body-framing.ts'
import { encodeHttp10ResponseHead, encodeResponseHead, type NameCase } from '../http1/encode.ts'
import { MessageParser, type ParserSink } from '../http1/message-parser.ts'
import { MessageWriter } from '../http1/message-writer.ts'
import type { ParseProblem } from '../http1/parse-problem.ts'
import type { Transport, TransportHandler } from '../net/transport.ts'
import type { ConnectionPlan } from './connection-plan.ts'
import type { Downstream } from './downstream.ts'
import { HEADER_IDS } from './header-name.ts'
import { HeaderTable } from './header-table.ts'
import { HeaderTrait } from './header-traits.ts'
import { hasToken } from './hop-by-hop.ts'
import { HttpStream } from './http-stream.ts'
import { LOCAL_REPLIES, type LocalReply } from './local-reply.ts'
import { problemReply } from './problem-reply.ts'
import { PIPELINE, ReadGate, STREAM } from './read-gate.ts'

const HEAD_TIMER = 0
const IDLE_TIMER = 1
const LINGER_TIMER = 2
const DURATION_TIMER = 3

/** How long the rest of a request is read and dropped after its answer, before the connection is given up. */
const REST_MS = 1000

/** One HTTP/1.1 connection of a client: requests one after another, each with its stream. */
export class Http1ServerConnection implements TransportHandler, ParserSink, Downstream, TimerOwner {
  readonly facts: ConnectionFacts
  /** Of the current request. */
  protocol: 'HTTP/1.1' | 'HTTP/1.0' = 'HTTP/1.1'
  private readonly plan: ConnectionPlan
  private readonly transport: Transport
  private readonly parser: MessageParser
  private readonly writer: MessageWriter
  private readonly gate: ReadGate
  private readonly onGone: (connection: Http1ServerConnection) => void
  private readonly headTimer: WheelTimer = new WheelTimer(this, HEAD_TIMER)
  private readonly idleTimer: WheelTimer = new WheelTimer(this, IDLE_TIMER)
  private readonly lingerTimer: WheelTimer = new WheelTimer(this, LINGER_TIMER)
  private readonly durationTimer: WheelTimer | null
  private readonly nameCase: NameCase
  private idleSinceMs = 0
  private served = 0
  private stream: HttpStream | null = null
  private sendsBody = false
  private requestDone = true
  private responseDone = true
  private closeAfter = false
  private lingering = false
  private tunnel = false
  private held: Buffer | null = null

  constructor(transport: Transport, facts: ConnectionFacts, plan: ConnectionPlan, onGone: (connection: Http1ServerConnection) => void) {
    this.transport = transport
    const { http1, maxRequestHeadersBytes, maxRequestHeadersCount, maxConnectionDurationMs } = plan.config
    this.nameCase = http1.headerCase === 'proper' ? 'proper' : 'lower'
    this.writer = new MessageWriter(transport, this.nameCase, http1.trailers)
    this.gate = new ReadGate(transport)
    this.facts = facts
    this.plan = plan
    this.onGone = onGone
    this.parser = new MessageParser('request', this, {
      maxHeadBytes: maxRequestHeadersBytes,
      maxFields: maxRequestHeadersCount,
      customMethods: http1.customMethods,
      keepsCase: http1.headerCase === 'preserve',
      trailers: http1.trailers,
    })
    transport.handler = this
    this.durationTimer = maxConnectionDurationMs > 0 ? new WheelTimer(this, DURATION_TIMER) : null
    if (this.durationTimer !== null) plan.runtime.wheel.set(this.durationTimer, maxConnectionDurationMs)
    plan.stats.add(plan.stats.cxTotal, 1)
    plan.stats.add(plan.stats.cxActive, 1)
    // A new connection is served even by a plan that drains: its first request may be on its way.
    this.waitForRequest()
  }

  /** No request is under way. */
  get idle(): boolean {
    return this.stream === null && this.parser.idle && this.held === null
  }

  get congested(): boolean {
    return this.transport.congested
  }

  /** The listener goes: leave after the current request, or now. */
  drain(): void {
    if (this.idle) this.transport.endAndClose()
    else this.closeAfter = true
  }

  destroy(): void {
    this.transport.destroy()
  }

  // ---- bytes in

  onBytes(bytes: Buffer, from: number, to: number): void {
    if (this.lingering) return
    if (this.plan.config.requestHeadersTimeoutMs > 0 && this.parser.idle && this.stream === null) {
      this.plan.runtime.wheel.set(this.headTimer, this.plan.config.requestHeadersTimeoutMs)
    }
    this.parse(bytes, from, to)
  }

  onHead(): void {
    const { parser, plan } = this
    const { startLine, headers } = parser
    plan.runtime.wheel.clear(this.headTimer)
    this.requestDone = false
    this.responseDone = false
    this.protocol = startLine.http11 ? 'HTTP/1.1' : 'HTTP/1.0'
    this.judgePersistence(headers)
    const stream = new HttpStream(plan, this, startLine.method, startLine.target, headers)
    stream.requestHeadBytes = parser.headBytes
    this.stream = stream
    const refusal = this.refusalOf(headers)
    if (refusal === null) {
      stream.begin(parser.kind === BODY_NONE)
    } else {
      this.closeAfter = true
      stream.replyWith(refusal)
    }
  }

  /** Whether this is the connection's last request (RFC 9112 9.3), as far as is known now. */
  private judgePersistence(headers: HeaderTable): void {
    const { maxRequestsPerConnection } = this.plan.config
    const connection = headers.getJoined('connection')
    if (hasToken(connection, 'close')) this.closeAfter = true
    if (this.protocol === 'HTTP/1.0' && !hasToken(connection, 'keep-alive')) this.closeAfter = true
    if (maxRequestsPerConnection > 0 && ++this.served >= maxRequestsPerConnection) {
      this.closeAfter = true
      this.plan.stats.add(this.plan.stats.cxMaxRequests, 1)
    }
  }

  /** The answer to a head that is well formed, yet not for this listener. */
  private refusalOf(headers: HeaderTable): LocalReply | null {
    const { http1, headersWithUnderscores } = this.plan.config
    if (this.protocol === 'HTTP/1.0') {
      if (!http1.acceptHttp10) return LOCAL_REPLIES.oldVersion
      if (http1.defaultHostForHttp10 !== '' && headers.findId(HEADER_IDS.host) < 0) headers.append('host', http1.defaultHostForHttp10)
    }
    if (headersWithUnderscores === 'allow' || !headers.hasTrait(HeaderTrait.underscore)) return null
    if (headersWithUnderscores === 'reject') return problemReply('field-name')
    headers.removeTraits(HeaderTrait.underscore)
    return null
  }

  onData(chunk: Buffer): void {
    this.stream?.onRequestData(chunk, this.transport.reusesBuffer)
  }

  onEnd(trailers: HeaderTable | null): void {
    const { stream } = this
    this.requestDone = true
    if (stream === null || stream.ended) this.maybeNext()
    // What follows an upgrade's head waits until the upgrade is accepted; its end is the connection's.
    else if (!stream.upgrade) stream.onRequestEnd(trailers)
  }

  onProblem(problem: ParseProblem): void {
    const { stats } = this.plan
    stats.add(stats.cxProtocolError, 1)
    this.closeAfter = true
    this.answer(problemReply(problem))
  }

  /** Answers bytes that are no request, or a request whose rest does not come, and takes nothing more. */
  private answer(reply: LocalReply): void {
    if (this.stream === null) {
      this.requestDone = false
      this.responseDone = false
      this.stream = new HttpStream(this.plan, this, '', '', new HeaderTable())
    }
    if (this.stream.responseHeaders === null) this.stream.replyWith(reply)
    else this.abort()
    this.linger()
  }

  onFin(): void {
    if (this.tunnel) {
      this.stream?.onRequestEnd(null)
      return
    }
    if (this.stream === null || this.lingering) this.transport.endAndClose()
    else this.transport.destroy()
  }

  onDrain(): void {
    this.stream?.onDownstreamDrain()
  }

  onClosed(): void {
    const { stats, runtime } = this.plan
    for (const timer of [this.headTimer, this.idleTimer, this.lingerTimer]) runtime.wheel.clear(timer)
    if (this.durationTimer !== null) runtime.wheel.clear(this.durationTimer)
    stats.add(stats.cxActive, -1)
    stats.add(stats.cxDestroy, 1)
    stats.add(stats.cxRxBytes, this.transport.bytesRead)
    stats.add(stats.cxTxBytes, this.transport.bytesWritten)
    this.stream?.onDownstreamGone()
    this.stream = null
    this.onGone(this)
  }

  onTimer(kind: number): void {
    const { stats } = this.plan
    if (kind === HEAD_TIMER) {
      stats.add(stats.rqHeaderTimeout, 1)
      this.closeAfter = true
      this.answer(LOCAL_REPLIES.headTimeout)
    } else if (kind === IDLE_TIMER) {
      this.checkIdle()
    } else if (kind === DURATION_TIMER) {
      stats.add(stats.cxMaxDuration, 1)
      this.drain()
    } else {
      this.transport.destroy()
    }
  }

  // ---- messages out

  /** A head without a body behind it, where one might be expected (RFC 9112 6.3). */
  private mustSayLength(status: number, headers: HeaderTable): boolean {
    if (status < 200 || status === 204 || status === 304 || this.stream?.method === 'HEAD') return false
    return headers.findId(HEADER_IDS['content-length']) < 0
  }

  sendHead(status: number, headers: HeaderTable, endStream: boolean): void {
    const { stream, plan } = this
    const tunnel = status === 101 || (stream?.upgradeType === 'connect' && status >= 200 && status < 300)
    const lengthless = !tunnel && headers.findId(HEADER_IDS['content-length']) < 0
    const unframed = lengthless && !endStream
    const chunked = unframed && this.protocol === 'HTTP/1.1'
    if (lengthless && endStream && stream?.method !== 'HEAD' && mayHaveLength(status)) headers.append('content-length', '0')
    // HTTP/1.0 knows no chunks: the end of the body is the end of the connection.
    if (unframed && !chunked) this.closeAfter = true
    this.sendsBody = !endStream
    if (chunked) headers.append('transfer-encoding', 'chunked')
    else if (endStream && !tunnel && this.mustSayLength(status, headers)) headers.append('content-length', '0')
    if (plan.draining && !this.closeAfter) {
      this.closeAfter = true
      plan.stats.add(plan.stats.cxDrainClose, 1)
    }
    if (tunnel) headers.removeId(HEADER_IDS['content-length'])
    else if (this.closeAfter) headers.set('connection', 'close')
    else if (this.protocol === 'HTTP/1.0') headers.set('connection', 'keep-alive')
    const encode = this.protocol === 'HTTP/1.0' && plan.config.http1.acceptHttp10 ? encodeHttp10ResponseHead : encodeResponseHead
    const head = encode(status, headers, this.nameCase)
    if (stream !== null) stream.responseHeadBytes = head.length
    this.writer.begin(head, chunked)
    if (tunnel) this.becomeTunnel()
  }

  /** HTTP/1.0 has none (RFC 9110 15.2). */
  sendInterim(status: number, headers: HeaderTable | null): void {
    if (this.protocol === 'HTTP/1.1') this.transport.writeText(encodeResponseHead(status, headers ?? NO_HEADERS, this.nameCase))
  }

  sendData(chunk: Buffer, volatile: boolean): void {
    if (this.sendsBody && chunk.length > 0) this.writer.data(chunk, volatile)
  }

  sendEnd(trailers: HeaderTable | null): void {
    this.writer.end(trailers)
    this.responseDone = true
    this.maybeNext()
  }

  flush(): void {
    this.writer.flush()
  }

  abort(): void {
    this.flush()
    this.responseDone = true
    this.transport.reset()
  }

  closeAfterResponse(): void {
    this.closeAfter = true
  }

  pauseRequest(): void {
    this.gate.shut(STREAM)
  }

  resumeRequest(): void {
    this.gate.open(STREAM)
  }

  private becomeTunnel(): void {
    this.tunnel = true
    this.closeAfter = true
    this.parser.becomeOpaque()
    this.flush()
    if (this.held !== null) setImmediate(() => this.takeHeld())
  }

  // ---- one request after another

  private parse(bytes: Buffer, from: number, to: number): void {
    const at = this.parser.feed(bytes, from, to)
    if (at < to && !this.transport.closed && !this.lingering && this.parser.done) {
      // The next request is here before the answer to this one is out: it waits.
      this.held = Buffer.from(bytes.subarray(at, to))
      this.gate.shut(PIPELINE)
    }
    this.stream?.flushRequest()
  }

  private maybeNext(): void {
    if (!this.responseDone) return
    if (this.stream?.upgrade === true) this.closeAfter = true
    if (!this.requestDone) {
      // Answered before the whole request was here: the rest is read and dropped for a while.
      this.gate.open(STREAM)
      if (this.closeAfter) this.linger()
      else this.plan.runtime.wheel.set(this.lingerTimer, REST_MS)
      return
    }
    this.plan.runtime.wheel.clear(this.lingerTimer)
    this.stream = null
    if (this.closeAfter || this.tunnel) {
      this.transport.endAndClose()
      return
    }
    this.gate.open(STREAM)
    this.parser.next()
    this.rest()
    if (this.held !== null) setImmediate(() => this.takeHeld())
  }

  private takeHeld(): void {
    const { held } = this
    if (held === null || (this.stream !== null && !this.tunnel) || this.transport.closed) return
    this.held = null
    this.parse(held, 0, held.length)
    if (this.held === null) this.gate.open(PIPELINE)
  }

  private rest(): void {
    this.waitForRequest()
    if (this.plan.draining && this.held === null) this.transport.endAndClose()
  }

  private waitForRequest(): void {
    const { config, runtime } = this.plan
    if (config.idleTimeoutMs === 0) return
    this.idleSinceMs = runtime.clock.monotonicMs()
    if (!this.idleTimer.armed) runtime.wheel.set(this.idleTimer, config.idleTimeoutMs)
  }

  /** Requests do not move the timer, so that they cost nothing: the rest is waited for now. */
  private checkIdle(): void {
    const { config, runtime, stats } = this.plan
    if (this.stream !== null) return
    const restMs = this.idleSinceMs + config.idleTimeoutMs - runtime.clock.monotonicMs()
    if (restMs > 0) {
      runtime.wheel.set(this.idleTimer, restMs)
      return
    }
    stats.add(stats.cxIdleTimeout, 1)
    this.transport.endAndClose()
  }

  private linger(): void {
    if (this.lingering) return
    this.lingering = true
    const { delayedCloseTimeoutMs } = this.plan.config
    if (delayedCloseTimeoutMs === 0) {
      this.transport.endAndClose()
      return
    }
    this.transport.end()
    this.transport.resume()
    this.plan.runtime.wheel.set(this.lingerTimer, delayedCloseTimeoutMs)
  }
}

const NO_HEADERS: HeaderTable = new HeaderTable()

/** An answer of this status that ends with its head tells so (RFC 9110 8.6). */
function mayHaveLength(status: number): boolean {
  return status >= 200 && status !== 204 && status !== 304
}
