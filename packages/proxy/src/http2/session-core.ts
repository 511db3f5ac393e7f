import { ClosedStreams } from './closed-streams.ts'
import { DataSender, type EndListener } from './data-sender.ts'
import { CANCEL, ENHANCE_YOUR_CALM, PROTOCOL_ERROR } from './error-code.ts'
import { FloodGuard } from './flood-guard.ts'
import { MAX_STREAM_ID } from './frame.ts'
import { FrameWriter } from './frame-writer.ts'
import type { Http2Counter, Http2Counters } from './http2-counters.ts'
import type { Http2Options } from './http2-options.ts'
import type { Http2Output, Http2Sink, ResetCause, SessionProblem } from './http2-sink.ts'
import { Http2Stream } from './http2-stream.ts'
import { PeerSettings } from './peer-settings.ts'
import { ReceiveCredit } from './receive-credit.ts'
import { StreamTable } from './stream-table.ts'

/** State of a session that its reading and its sending half share: the streams, and how they and the session end. */
export class SessionCore<Owner> implements EndListener<Owner> {
  readonly isServer: boolean
  readonly sink: Http2Sink<Owner>
  readonly options: Http2Options
  readonly counters: Http2Counters
  readonly writer: FrameWriter
  readonly sender: DataSender<Owner>
  readonly credit: ReceiveCredit
  readonly guard: FloodGuard
  readonly peer: PeerSettings = new PeerSettings()
  readonly closedStreams: ClosedStreams = new ClosedStreams()
  readonly streams: StreamTable<Owner> = new StreamTable()
  /** The peer's newest stream. */
  lastPeerId = 0
  nextOwnId = 1
  /** Streams of either side so far. */
  opened = 0
  /** Streams of the peer above this are not taken. */
  goawayId: number = MAX_STREAM_ID
  failed = false
  draining = false
  nowMs = 0

  constructor(isServer: boolean, sink: Http2Sink<Owner>, output: Http2Output, options: Http2Options, counters: Http2Counters) {
    this.isServer = isServer
    this.sink = sink
    this.options = options
    this.counters = counters
    this.writer = new FrameWriter(options.headerTableBytes, options.floods, () => sink.onOutput())
    this.sender = new DataSender(this.writer, output, this, options.streamBufferBytes)
    this.credit = new ReceiveCredit(this.writer, options.streamWindow, options.connectionWindow)
    this.guard = new FloodGuard(options.floods)
  }

  open(id: number): Http2Stream<Owner> {
    const stream = new Http2Stream<Owner>(id, this.peer.initialWindow, this.credit.initialWindow)
    this.streams.add(stream)
    this.opened++
    return stream
  }

  /** No frame has opened this stream, nor implicitly closed it by opening a later one (RFC 9113 5.1.1). */
  isIdle(id: number): boolean {
    const isPeers = (id & 1) === (this.isServer ? 1 : 0)
    return isPeers ? id > this.lastPeerId : this.isServer || id >= this.nextOwnId
  }

  onEndSent(stream: Http2Stream<Owner>): void {
    stream.endSent = true
    if (stream.remoteEnded) this.close(stream, false)
    else this.sink.onEndSent?.(stream)
  }

  onStreamDrain(stream: Http2Stream<Owner>): void {
    this.sink.onStreamDrain(stream)
  }

  /** Ends a stream for our own reasons; its user is told only that it is closed. */
  reset(stream: Http2Stream<Owner>, code: number): void {
    if (stream.closed) return
    this.refuse(stream.id, code)
    this.close(stream, true)
  }

  /** Answers a stream with RST_STREAM that has no object. */
  refuse(id: number, code: number): void {
    this.counters.count('tx_reset')
    this.writer.reset(id, code)
    this.closedStreams.add(id, true)
  }

  /** Ends a stream for what the peer did on it. */
  abort(stream: Http2Stream<Owner>, code: number, cause: ResetCause): void {
    const premature = !stream.answered
    this.refuse(stream.id, code)
    this.lose(stream, code, cause)
    if (premature) this.countPremature()
  }

  /** A client's stream ended before its answer. Who makes us end it counts as who ends it: both cost us a request for nothing. */
  countPremature(): void {
    if (this.isServer && this.guard.prematureReset(this.nowMs, this.opened)) this.fail(ENHANCE_YOUR_CALM, 'premature_resets')
  }

  /** A stream that the peer or the loss of the connection ended. */
  lose(stream: Http2Stream<Owner>, code: number, cause: ResetCause): void {
    if (stream.closed) return
    stream.closed = true
    this.sink.onStreamReset(stream, code, cause)
    this.close(stream, cause === 'malformed')
  }

  /** A message of the peer breaks the rules; `stream` is null when nobody has been told of it. */
  malformed(id: number, stream: Http2Stream<Owner> | null): void {
    this.counters.count('rx_messaging_error')
    if (!this.options.invalidMessageResetsStream) {
      if (stream !== null) this.lose(stream, PROTOCOL_ERROR, 'malformed')
      this.fail(PROTOCOL_ERROR, 'messaging')
    } else if (stream === null) this.refuseMalformed(id)
    else this.abort(stream, PROTOCOL_ERROR, 'malformed')
  }

  private refuseMalformed(id: number): void {
    this.refuse(id, PROTOCOL_ERROR)
    this.countPremature()
  }

  /** The connection is of no use any more; a GOAWAY says why. */
  fail(code: number, problem: SessionProblem): void {
    if (this.failed) return
    this.count(problem)
    this.counters.count('goaway_sent')
    this.writer.goaway(this.lastPeerId, code, problem)
    // To a client, an upstream that breaks the protocol has broken all its answers, not just left.
    this.terminate(code, this.isServer ? 'connection' : 'malformed')
    this.sink.onSessionError(code, problem)
  }

  terminate(code: number = CANCEL, cause: ResetCause = 'connection'): void {
    this.failed = true
    this.draining = true
    for (const stream of this.streams.all()) this.lose(stream, code, cause)
  }

  private close(stream: Http2Stream<Owner>, byUs: boolean): void {
    stream.closed = true
    this.streams.delete(stream)
    this.closedStreams.add(stream.id, byUs)
    this.sender.drop(stream)
    if (stream.unconsumed > 0 && !this.failed) this.credit.credit(stream.unconsumed)
    stream.unconsumed = 0
    this.sink.onStreamClosed(stream)
  }

  private count(problem: SessionProblem): void {
    if (isCounted(problem)) this.counters.count(problem)
  }
}

function isCounted(problem: SessionProblem): problem is SessionProblem & Http2Counter {
  return problem.endsWith('_flood') || problem === 'premature_resets'
}
