import type { HeaderTable } from '../http/header-table.ts'
import { FrameReader } from './frame-reader.ts'
import { MAX_STREAM_ID, SETTING_ENABLE_CONNECT_PROTOCOL, SETTING_ENABLE_PUSH, SETTING_HEADER_TABLE_SIZE } from './frame.ts'
import { SETTING_INITIAL_WINDOW_SIZE, SETTING_MAX_CONCURRENT_STREAMS, SETTING_MAX_HEADER_LIST_SIZE } from './frame.ts'
import { type Http2Counters, NO_HTTP2_COUNTERS } from './http2-counters.ts'
import type { Http2Options } from './http2-options.ts'
import type { Http2Output, Http2Sink } from './http2-sink.ts'
import type { Http2Stream } from './http2-stream.ts'
import { IncomingFrames } from './incoming-frames.ts'
import type { PeerSettings } from './peer-settings.ts'
import { SessionCore } from './session-core.ts'

/**
 * One HTTP/2 connection, either role: bytes in, calls of the sink out; calls in, bytes out. No sockets, timers or clock: `nowMs`
 * is monotonic. Bytes to send are gathered until `flush`. Bounded whatever the peer does.
 */
export class Http2Session<Owner> {
  private readonly core: SessionCore<Owner>
  private readonly reader: FrameReader
  private readonly output: Http2Output

  /** `counters` may be shared by all sessions of one scope. */
  constructor(
    role: 'server' | 'client',
    sink: Http2Sink<Owner>,
    output: Http2Output,
    options: Http2Options,
    counters: Http2Counters = NO_HTTP2_COUNTERS,
  ) {
    this.output = output
    this.core = new SessionCore(role === 'server', sink, output, options, counters)
    this.reader = new FrameReader(new IncomingFrames(this.core), role === 'server')
  }

  get peer(): PeerSettings {
    return this.core.peer
  }

  /** Streams that take a place, opened by either side. */
  get activeStreams(): number {
    return this.core.streams.size
  }

  /** Failed or terminated: nothing is read or sent any more but what waits. */
  get failed(): boolean {
    return this.core.failed
  }

  /** We have sent or received a GOAWAY that takes no more streams. */
  get draining(): boolean {
    return this.core.draining
  }

  /** Sends preface and SETTINGS. Call once, first. */
  start(): void {
    const { options, writer, credit, isServer } = this.core
    if (!isServer) writer.preface()
    const pairs: [number, number][] = [
      [SETTING_HEADER_TABLE_SIZE, options.headerTableBytes],
      [SETTING_INITIAL_WINDOW_SIZE, options.streamWindow],
      [SETTING_MAX_HEADER_LIST_SIZE, options.maxHeaderListBytes],
    ]
    if (!isServer) pairs.push([SETTING_ENABLE_PUSH, 0])
    else pairs.push([SETTING_MAX_CONCURRENT_STREAMS, options.maxConcurrentStreams])
    if (isServer && options.allowConnect) pairs.push([SETTING_ENABLE_CONNECT_PROTOCOL, 1])
    writer.settings(pairs)
    credit.start()
  }

  /** Takes the bytes from `from` to `to`, all of them. */
  feed(bytes: Buffer, from: number, to: number, nowMs: number): void {
    this.core.nowMs = nowMs
    this.reader.feed(bytes, from, to)
  }

  /** Client: `sendRequest` would give a stream. */
  get canStartStream(): boolean {
    const { core } = this
    return !core.draining && core.nextOwnId <= MAX_STREAM_ID && core.streams.size < core.peer.maxConcurrentStreams
  }

  /**
   * Client. `protocol` is empty but for extended CONNECT; plain CONNECT has neither scheme nor path (empty). `host` and fields of
   * the connection are left out of `headers`. Null when the peer allows no more streams or the ids are used up.
   */
  sendRequest(
    owner: Owner,
    method: string,
    scheme: string,
    authority: string,
    path: string,
    protocol: string,
    headers: HeaderTable,
    endStream: boolean,
  ): Http2Stream<Owner> | null {
    if (!this.canStartStream) return null
    const { core } = this
    const stream = core.open(core.nextOwnId)
    core.nextOwnId += 2
    stream.owner = owner
    stream.method = method
    core.writer.request(stream.id, method, scheme, authority, path, protocol, headers, endStream)
    if (endStream) this.ended(stream)
    return stream
  }

  /** Server. All that is sent on a closed stream is dropped. */
  sendResponse(stream: Http2Stream<Owner>, status: number, headers: HeaderTable, endStream: boolean): void {
    if (stream.closed || stream.localEnded || stream.answered) return
    stream.answered = true
    this.core.writer.response(stream.id, status, headers, endStream)
    if (endStream) this.ended(stream)
  }

  /** Server: a 1xx response. */
  sendInterim(stream: Http2Stream<Owner>, status: number, headers: HeaderTable): void {
    if (!stream.closed && !stream.answered) this.core.writer.response(stream.id, status, headers, false)
  }

  /** `volatile`: the chunk is a view into a buffer that will be read into again. Always taken; heed `stream.writable`. */
  sendData(stream: Http2Stream<Owner>, chunk: Buffer, endStream: boolean, volatile: boolean): void {
    if (!stream.closed && !stream.localEnded) this.core.sender.send(stream, chunk, endStream, volatile)
  }

  /** Ends our side, after the data that waits. Nothing if it has ended. */
  sendEnd(stream: Http2Stream<Owner>, trailers: HeaderTable | null): void {
    if (!stream.closed && !stream.localEnded) this.core.sender.end(stream, trailers)
  }

  /** Drops what waits on the stream. Nothing if it is closed. */
  resetStream(stream: Http2Stream<Owner>, code: number): void {
    this.core.reset(stream, code)
  }

  /** `bytes` of the stream's data went on their way: the peer may send as many more. */
  consumed(stream: Http2Stream<Owner>, bytes: number): void {
    if (stream.closed) return
    const known = Math.min(bytes, stream.unconsumed)
    stream.unconsumed -= known
    this.core.credit.creditStream(stream, known)
  }

  /** First step of a graceful end: announces that one is near (RFC 9113 6.8). New streams are still taken. */
  announceGoaway(): void {
    if (this.core.failed) return
    this.core.counters.count('goaway_sent')
    this.core.writer.goaway(MAX_STREAM_ID, 0, '')
  }

  /** Second step: no stream after the last one is taken. `debug` is text for people. The owner closes when `activeStreams` is 0. */
  goaway(code: number, debug: string): void {
    const { core } = this
    if (core.failed) return
    core.draining = true
    core.goawayId = Math.min(core.goawayId, core.lastPeerId)
    core.counters.count('goaway_sent')
    core.writer.goaway(core.goawayId, code, debug)
  }

  /** `opaque`: 0 to 2^32 - 1, comes back with `onPong`. */
  ping(opaque: number): void {
    if (!this.core.failed) this.core.writer.ping(0, opaque, false)
  }

  /** Hands what was gathered to the output; keeps it while that is congested. */
  flush(): void {
    const { output } = this
    const { writer, sender } = this.core
    writer.beginFlush()
    sender.pump()
    while (!writer.empty && !output.congested) {
      writer.taken(output.write(writer.take()))
      sender.pump()
    }
  }

  /** The output is not congested any more. */
  onWritable(): void {
    this.flush()
  }

  /** The connection is gone: tells all streams `connection`. */
  terminate(): void {
    if (!this.core.failed) this.core.terminate()
    this.reader.stop()
  }

  private ended(stream: Http2Stream<Owner>): void {
    stream.localEnded = true
    this.core.onEndSent(stream)
  }
}
