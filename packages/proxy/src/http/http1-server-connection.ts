import { type TimerOwner, WheelTimer } from '@meshwork/core/time'
import type { ConnectionFacts } from '../filters/filter.ts'
import { encodeResponseHead } from '../http1/encode.ts'
import { MessageParser, type ParserSink } from '../http1/message-parser.ts'
import { MessageWriter } from '../http1/message-writer.ts'
import type { ParseProblem } from '../http1/parse-problem.ts'
import type { Transport, TransportHandler } from '../net/transport.ts'
import type { ConnectionPlan } from './connection-plan.ts'
import type { Downstream } from './downstream.ts'
import { HEADER_IDS } from './header-name.ts'
import type { HeaderTable } from './header-table.ts'
import { hasToken } from './hop-by-hop.ts'
import { HttpStream } from './http-stream.ts'
import { LOCAL_REPLIES } from './local-reply.ts'
import { HEAD_TIMEOUT_REPLY, problemReply } from './problem-reply.ts'
import { PIPELINE, ReadGate, STREAM } from './read-gate.ts'

const HEAD_TIMER = 0
const IDLE_TIMER = 1
const LINGER_TIMER = 2

/** After an answer that ends the connection, what the client still sends is taken for this long, so that no RST eats the answer. */
const LINGER_MS = 1000

const CONTINUE_HEAD = 'HTTP/1.1 100 Continue\r\n\r\n'

/** One HTTP/1.1 connection of a client: requests one after another, each with its stream. */
export class Http1ServerConnection implements TransportHandler, ParserSink, Downstream, TimerOwner {
  readonly facts: ConnectionFacts
  readonly protocol = 'HTTP/1.1'
  private readonly plan: ConnectionPlan
  private readonly transport: Transport
  private readonly parser: MessageParser
  private readonly writer: MessageWriter
  private readonly gate: ReadGate
  private readonly onGone: (connection: Http1ServerConnection) => void
  private readonly headTimer: WheelTimer = new WheelTimer(this, HEAD_TIMER)
  private readonly idleTimer: WheelTimer = new WheelTimer(this, IDLE_TIMER)
  private readonly lingerTimer: WheelTimer = new WheelTimer(this, LINGER_TIMER)
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
    this.writer = new MessageWriter(transport)
    this.gate = new ReadGate(transport)
    this.facts = facts
    this.plan = plan
    this.onGone = onGone
    const { maxRequestHeadersBytes, maxRequestHeadersCount } = plan.config
    this.parser = new MessageParser('request', this, { maxHeadBytes: maxRequestHeadersBytes, maxFields: maxRequestHeadersCount })
    transport.handler = this
    plan.stats.add(plan.stats.cxTotal, 1)
    plan.stats.add(plan.stats.cxActive, 1)
    this.rest()
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
    plan.runtime.wheel.clear(this.idleTimer)
    this.requestDone = false
    this.responseDone = false
    const connection = headers.getId(HEADER_IDS.connection)
    if (connection !== null && hasToken(connection, 'close')) this.closeAfter = true
    const stream = new HttpStream(plan, this, startLine.method, startLine.target, headers)
    stream.requestHeadBytes = parser.headBytes
    this.stream = stream
    if (!startLine.http11) {
      this.closeAfter = true
      stream.replyWith(LOCAL_REPLIES.oldVersion)
      return
    }
    const bodiless = parser.kind === 0
    if (!bodiless && headers.findId(HEADER_IDS.expect) >= 0 && hasToken(headers.getId(HEADER_IDS.expect), '100-continue')) {
      this.transport.writeText(CONTINUE_HEAD)
    }
    stream.begin(bodiless)
    if (stream.upgrade && !stream.ended) parser.becomeOpaque()
  }

  onData(chunk: Buffer): void {
    this.stream?.onRequestData(chunk, this.transport.reusesBuffer)
  }

  onEnd(trailers: HeaderTable | null): void {
    const { stream } = this
    this.requestDone = true
    if (stream === null || stream.ended) this.maybeNext()
    else stream.onRequestEnd(this.plan.config.forwardTrailers === true ? trailers : null)
  }

  onProblem(problem: ParseProblem): void {
    const { stats } = this.plan
    stats.add(stats.cxProtocolError, 1)
    const { stream } = this
    this.closeAfter = true
    if (stream === null) {
      this.transport.writeText(problemReply(problem))
      this.linger()
      return
    }
    // In the middle of a body: whoever waits for it must learn that it does not come.
    if (stream.responseHeaders === null) stream.reply(400, 'Bad Request', 0, `http1.codec_error`)
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
      this.transport.writeText(HEAD_TIMEOUT_REPLY)
      this.linger()
    } else if (kind === IDLE_TIMER) {
      stats.add(stats.cxIdleTimeout, 1)
      this.transport.endAndClose()
    } else {
      this.transport.destroy()
    }
  }

  // ---- messages out

  sendHead(status: number, headers: HeaderTable, endStream: boolean): void {
    const chunked = !endStream && status !== 101 && headers.findId(HEADER_IDS['content-length']) < 0
    this.sendsBody = !endStream
    if (chunked) headers.append('transfer-encoding', 'chunked')
    if (this.plan.draining && !this.closeAfter) {
      this.closeAfter = true
      this.plan.stats.add(this.plan.stats.cxDrainClose, 1)
    }
    if (this.closeAfter && status !== 101) headers.set('connection', 'close')
    const head = encodeResponseHead(status, headers)
    if (this.stream !== null) this.stream.responseHeadBytes = head.length
    this.writer.begin(head, chunked)
    if (status === 101) this.becomeTunnel()
  }

  sendData(chunk: Buffer, volatile: boolean): void {
    if (this.sendsBody && chunk.length > 0) this.writer.data(chunk, volatile)
  }

  sendEnd(trailers: HeaderTable | null): void {
    this.writer.end(this.plan.config.forwardTrailers === true ? trailers : null)
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
    this.flush()
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
      else this.plan.runtime.wheel.set(this.lingerTimer, LINGER_MS)
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
    if (held === null || this.stream !== null || this.transport.closed) return
    this.held = null
    this.parse(held, 0, held.length)
    if (this.held === null) this.gate.open(PIPELINE)
  }

  private rest(): void {
    const { idleTimeoutMs } = this.plan.config
    if (idleTimeoutMs > 0) this.plan.runtime.wheel.set(this.idleTimer, idleTimeoutMs)
    if (this.plan.draining && this.held === null) this.transport.endAndClose()
  }

  private linger(): void {
    if (this.lingering) return
    this.lingering = true
    this.transport.end()
    this.transport.resume()
    this.plan.runtime.wheel.set(this.lingerTimer, LINGER_MS)
  }
}
