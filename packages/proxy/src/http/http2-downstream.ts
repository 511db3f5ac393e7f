import { TUNNEL_PROTOCOL } from '@meshwork/core/ids'
import { type TimerOwner, WheelTimer } from '@meshwork/core/time'
import type { ConnectionFacts } from '../filters/filter.ts'
import { CANCEL, type Http2Session, type Http2Stream, INTERNAL_ERROR, NO_ERROR } from '../http2/index.ts'
import type { Downstream } from './downstream.ts'
import { HeaderTable } from './header-table.ts'
import { type HttpStream } from './http-stream.ts'

/** The connection that a stream of a client came on. */
export interface Http2StreamOwner {
  readonly facts: ConnectionFacts
  readonly session: Http2Session<Http2Downstream>
  /** A response's head goes out: the last moment to say that the connection is to end. */
  onResponseStarts(): void
  /** A response is complete, but the client's windows leave no room: sets the time that it may take. */
  awaitFlush(timer: WheelTimer): void
  /** It has taken that time without any progress: ends the stream. */
  flushTimedOut(stream: Http2Stream<Http2Downstream>): void
}

/** One stream of a client's HTTP/2 connection: what its `HttpStream` answers to. */
export class Http2Downstream implements Downstream, TimerOwner {
  /** What the client said it speaks: in a tunnel HTTP/2 is only how it travels. */
  readonly protocol: string
  readonly stream: Http2Stream<Http2Downstream>
  /** Set right after construction. */
  http: HttpStream | null = null
  /** Waits in its connection's list of streams that got something in this read. */
  touched = false
  /** Whoever closes the stream clears it. */
  flushTimer: WheelTimer | null = null
  private readonly owner: Http2StreamOwner
  private paused = false
  /** Bytes that waited for the client's window when `flushTimer` was set. */
  private unsent = 0
  /** Bytes of the request that arrived while paused: the client gets no credit for them yet. */
  private owed = 0

  constructor(owner: Http2StreamOwner, stream: Http2Stream<Http2Downstream>) {
    this.owner = owner
    this.protocol = owner.facts.alpn === TUNNEL_PROTOCOL ? 'HTTP/1.1' : 'HTTP/2'
    this.stream = stream
  }

  get facts(): ConnectionFacts {
    return this.owner.facts
  }

  get congested(): boolean {
    return !this.stream.writable
  }

  sendHead(status: number, headers: HeaderTable, endStream: boolean): void {
    this.owner.onResponseStarts()
    // The answer that accepts an upgrade has another number here (RFC 8441 section 5).
    const accepted = status === 101 && this.stream.protocol !== ''
    this.owner.session.sendResponse(this.stream, accepted ? 200 : status, headers, endStream)
  }

  sendInterim(status: number, headers: HeaderTable | null): void {
    this.owner.session.sendInterim(this.stream, status, headers ?? NO_FIELDS)
  }

  sendData(chunk: Buffer, volatile: boolean): void {
    if (chunk.length > 0) this.owner.session.sendData(this.stream, chunk, false, volatile)
  }

  sendEnd(trailers: HeaderTable | null): void {
    this.owner.session.sendEnd(this.stream, trailers)
    if (this.stream.bufferedBytes > 0) this.awaitFlush()
  }

  /** What is sent leaves at the end of the turn. */
  flush(): void {}

  abort(): void {
    this.owner.session.resetStream(this.stream, INTERNAL_ERROR)
  }

  /** A bad request says nothing about the connection's other streams. */
  closeAfterResponse(): void {}

  pauseRequest(): void {
    this.paused = true
  }

  resumeRequest(): void {
    this.paused = false
    const { owed } = this
    if (owed === 0) return
    this.owed = 0
    this.owner.session.consumed(this.stream, owed)
  }

  /** Bytes of the request came. */
  onData(chunk: Buffer): void {
    this.http?.onRequestData(chunk, true)
    if (this.paused) this.owed += chunk.length
    else this.owner.session.consumed(this.stream, chunk.length)
  }

  /** Answered in full before the request was: the client need not send the rest (RFC 9113 section 8.1). */
  onEndSent(): void {
    const { stream } = this
    this.owner.session.resetStream(stream, stream.protocol === '' ? NO_ERROR : CANCEL)
  }

  /** What waits for the client's window waits no longer than this; a client that takes some of it is given the time again. */
  onTimer(): void {
    if (this.unsent === this.stream.bufferedBytes) this.owner.flushTimedOut(this.stream)
    else this.awaitFlush()
  }

  private awaitFlush(): void {
    this.unsent = this.stream.bufferedBytes
    this.flushTimer ??= new WheelTimer(this, 0)
    this.owner.awaitFlush(this.flushTimer)
  }
}

const NO_FIELDS = new HeaderTable()
