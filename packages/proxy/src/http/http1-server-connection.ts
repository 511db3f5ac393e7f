import type { ConnectionFacts } from '../filters/filter.ts'
import { BODY_NONE } from '../http1/body-framing.ts'
import { encodeHttp10ResponseHead, encodeResponseHead, type NameCase } from '../http1/encode.ts'
import { MessageParser, type ParserSink } from '../http1/message-parser.ts'
import { MessageWriter } from '../http1/message-writer.ts'
import type { ParseProblem } from '../http1/parse-problem.ts'
import type { Transport, TransportHandler } from '../net/transport.ts'
import type { ConnectionPlan } from './connection-plan.ts'
import { ConnectionTimers, type TimedConnection } from './connection-timers.ts'
import type { Downstream } from './downstream.ts'
import { CHUNKED, FRAMED, frameResponse, UNTIL_CLOSE } from './frame-response.ts'
import { HEADER_IDS } from './header-name.ts'
import { HeaderTable } from './header-table.ts'
import { hasToken } from './hop-by-hop.ts'
import { HttpStream } from './http-stream.ts'
import { LOCAL_REPLIES, type LocalReply } from './local-reply.ts'
import { problemReply } from './problem-reply.ts'
import { PIPELINE, ReadGate, STREAM } from './read-gate.ts'
import { refusalOf } from './request-refusal.ts'

/** How long the rest of a request is read and dropped after its answer, before the connection is given up. */
const REST_MS = 1000

/** One HTTP/1.1 connection of a client: requests one after another, each with its stream. */
export class Http1ServerConnection implements TransportHandler, ParserSink, Downstream, TimedConnection {
  readonly facts: ConnectionFacts
  /** Of the current request. */
  protocol: 'HTTP/1.1' | 'HTTP/1.0' = 'HTTP/1.1'
  private readonly plan: ConnectionPlan
  private readonly beganMs: number
  private readonly transport: Transport
  private readonly parser: MessageParser
  private readonly writer: MessageWriter
  private readonly gate: ReadGate
  private readonly onGone: (connection: Http1ServerConnection) => void
  private readonly timers: ConnectionTimers
  private readonly nameCase: NameCase
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
    const { http1, maxRequestHeadersBytes, maxRequestHeadersCount } = plan.config
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
    this.timers = new ConnectionTimers(this, plan)
    this.beganMs = plan.runtime.clock.monotonicMs()
    plan.stats.add(plan.stats.cxTotal, 1)
    plan.stats.add(plan.stats.cxActive, 1)
    plan.stats.add(plan.stats.cxHttp1Total, 1)
    plan.stats.add(plan.stats.cxHttp1Active, 1)
    // A new connection is served even by a plan that drains: its first request may be on its way.
    this.timers.idleBegins()
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
    if (this.stream === null && this.parser.idle) this.timers.headBegins()
    this.parse(bytes, from, to)
  }

  onHead(): void {
    const { parser, plan } = this
    const { startLine, headers } = parser
    this.timers.headDone()
    this.requestDone = false
    this.responseDone = false
    this.protocol = startLine.http11 ? 'HTTP/1.1' : 'HTTP/1.0'
    this.judgePersistence(headers)
    const stream = new HttpStream(plan, this, startLine.method, startLine.target, headers)
    stream.requestHeadBytes = parser.headBytes
    this.stream = stream
    const refusal = refusalOf(headers, startLine.http11, plan.config)
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
    if (hasToken(connection, 'close') || hasToken(headers.getId(HEADER_IDS['proxy-connection']), 'close')) this.closeAfter = true
    if (this.protocol === 'HTTP/1.0' && !hasToken(connection, 'keep-alive')) this.closeAfter = true
    if (maxRequestsPerConnection > 0 && ++this.served >= maxRequestsPerConnection) {
      this.closeAfter = true
      this.plan.stats.add(this.plan.stats.cxMaxRequests, 1)
    }
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
    const { stats } = this.plan
    this.timers.clear()
    stats.add(stats.cxHttp1Active, -1)
    stats.closed(this.transport, this.plan.runtime.clock.monotonicMs() - this.beganMs, this.stream !== null)
    this.stream?.onDownstreamGone()
    this.stream = null
    this.onGone(this)
  }

  // ---- time

  get serving(): boolean {
    return this.stream !== null
  }

  onHeadTimeout(): void {
    this.closeAfter = true
    this.answer(LOCAL_REPLIES.headTimeout)
  }

  onIdleTimeout(): void {
    this.transport.endAndClose()
  }

  onDurationTimeout(): void {
    this.drain()
  }

  onLingerTimeout(): void {
    this.transport.destroy()
  }

  // ---- messages out

  sendHead(status: number, headers: HeaderTable, endStream: boolean): void {
    const { stream, plan } = this
    const tunnel = status === 101 || (stream?.upgradeType === 'connect' && status >= 200 && status < 300)
    // An answer of our own to a request of which more is to come, and to an upgrade, is the connection's last.
    if (stream?.answeredLocally === true && (stream.upgrade || (!this.requestDone && this.parser.kind !== BODY_NONE)))
      this.closeAfter = true
    const frame = tunnel ? FRAMED : frameResponse(headers, status, stream?.method ?? '', this.protocol === 'HTTP/1.1', endStream)
    if (frame === UNTIL_CLOSE) this.closeAfter = true
    this.sendsBody = !endStream
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
    this.writer.begin(head, frame === CHUNKED)
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
      else this.timers.linger(REST_MS)
      return
    }
    this.timers.lingerDone()
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
    this.timers.idleBegins()
    if (this.plan.draining && this.held === null) this.transport.endAndClose()
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
    this.timers.linger(delayedCloseTimeoutMs)
  }
}

const NO_HEADERS: HeaderTable = new HeaderTable()
