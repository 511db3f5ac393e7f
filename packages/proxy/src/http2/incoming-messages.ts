import { isRequest, responseStatus } from './check-message.ts'
import { CLOSED_BY_PEER, CLOSED_LONG_AGO } from './closed-streams.ts'
import { COMPRESSION_ERROR, INTERNAL_ERROR, PROTOCOL_ERROR, REFUSED_STREAM, STREAM_CLOSED } from './error-code.ts'
import { FieldSection, SECTION_MALFORMED, SECTION_OK, SECTION_TOO_LARGE } from './field-section.ts'
import { HpackDecoder } from './hpack-decoder.ts'
import type { Http2Stream } from './http2-stream.ts'
import type { SessionCore } from './session-core.ts'

/** Turns header blocks into requests, responses and trailers, and holds them to RFC 9113 8. */
export class IncomingMessages<Owner> {
  readonly hpack: HpackDecoder
  /** The peer knows our settings: a stream too many is its fault. */
  settingsAcked = false
  /** Streams refused before that. They are excused, but whoever never acknowledges may not go on for ever. */
  private refusedEarly = 0
  private readonly core: SessionCore<Owner>
  private readonly section: FieldSection

  constructor(core: SessionCore<Owner>) {
    this.core = core
    this.hpack = new HpackDecoder(Math.max(core.options.headerTableBytes, DEFAULT_TABLE_BYTES))
    this.section = new FieldSection(core.options.maxHeaderListBytes, core.options.maxHeaders)
  }

  /** May a HEADERS frame come on this stream? False after a failure. */
  admits(id: number): boolean {
    const { core } = this
    if (core.streams.has(id)) return true
    if (core.isIdle(id)) {
      if (core.isServer && (id & 1) === 1) return true
      core.fail(PROTOCOL_ERROR, 'stream-id')
      return false
    }
    const how = core.closedStreams.how(id)
    if (how === CLOSED_BY_PEER) core.fail(STREAM_CLOSED, 'stream-state')
    else if (how === CLOSED_LONG_AGO && core.isServer) core.fail(PROTOCOL_ERROR, 'stream-id')
    return !core.failed
  }

  /** A whole header block. */
  onBlock(id: number, endStream: boolean, bytes: Buffer, from: number, to: number): void {
    const { core, section } = this
    section.begin()
    if (!this.hpack.decode(bytes, from, to, section)) {
      core.fail(COMPRESSION_ERROR, 'compression')
      return
    }
    const stream = core.streams.get(id)
    if (stream === null) {
      // On a stream that we reset, the block had to be read only for the table's sake.
      if (core.isIdle(id)) this.newStream(id, endStream)
    } else if (stream.remoteEnded) {
      core.abort(stream, STREAM_CLOSED, 'malformed')
    } else if (section.verdict === SECTION_TOO_LARGE) {
      core.counters.count('header_overflow')
      core.abort(stream, INTERNAL_ERROR, 'malformed')
    } else if (core.isServer || stream.answered) {
      this.trailers(stream, endStream)
    } else {
      this.response(stream, endStream)
    }
  }

  /** The peer ended its side. */
  end(stream: Http2Stream<Owner>, complete: boolean): void {
    if (stream.expected >= 0 && stream.received !== stream.expected) {
      this.core.malformed(stream.id, stream)
      return
    }
    stream.remoteEnded = true
    this.core.sink.onStreamEnd(stream, complete ? this.section.headers : null)
    if (stream.endSent && !stream.closed) this.core.onEndSent(stream)
  }

  private newStream(id: number, endStream: boolean): void {
    const { core, section } = this
    core.lastPeerId = id
    if (id > core.goawayId) {
      core.closedStreams.add(id, true)
    } else if (core.streams.size >= core.options.maxConcurrentStreams) {
      core.counters.count('streams_refused')
      core.refuse(id, REFUSED_STREAM)
      if (this.settingsAcked || ++this.refusedEarly > core.options.maxConcurrentStreams) core.countPremature()
    } else if (section.verdict === SECTION_TOO_LARGE) {
      core.counters.count('header_overflow')
      core.refuse(id, INTERNAL_ERROR)
      core.countPremature()
    } else if (
      section.verdict === SECTION_MALFORMED ||
      !isRequest(section, core.options.allowConnect) ||
      (endStream && section.contentLength > 0)
    ) {
      core.malformed(id, null)
    } else {
      this.request(id, endStream)
    }
  }

  private request(id: number, endStream: boolean): void {
    const { core, section } = this
    const stream = core.open(id)
    stream.method = section.method ?? ''
    stream.scheme = section.scheme ?? ''
    stream.authority = section.target ?? ''
    stream.path = section.path ?? ''
    stream.protocol = section.protocol ?? ''
    stream.headers = section.headers
    stream.contentLength = section.contentLength
    stream.expected = stream.method === 'CONNECT' ? -1 : section.contentLength
    // An answer given while the head is told must find the request complete, or it would be cut off.
    stream.remoteEnded = endStream
    core.sink.onRequestHead(stream, endStream)
    if (endStream && !stream.closed) this.end(stream, false)
  }

  private response(stream: Http2Stream<Owner>, endStream: boolean): void {
    const { core, section } = this
    const status = section.verdict === SECTION_OK ? responseStatus(section) : 0
    const interim = status < 200
    if (status === 0 || (interim && endStream)) {
      core.malformed(stream.id, stream)
    } else if (interim) {
      core.sink.onInterimHead(stream, status, section.headers)
    } else {
      this.finalResponse(stream, status, endStream)
    }
  }

  private finalResponse(stream: Http2Stream<Owner>, status: number, endStream: boolean): void {
    const { core, section } = this
    const { contentLength } = section
    const bodiless = stream.method === 'HEAD' || status === 204 || status === 304
    stream.expected = bodiless ? 0 : contentLength
    if (stream.method === 'CONNECT' && status < 300) stream.expected = -1
    if (endStream && stream.expected > 0) {
      core.malformed(stream.id, stream)
      return
    }
    stream.answered = true
    stream.status = status
    stream.headers = section.headers
    stream.contentLength = contentLength
    core.sink.onResponseHead(stream, endStream)
    if (endStream && !stream.closed) this.end(stream, false)
  }

  private trailers(stream: Http2Stream<Owner>, endStream: boolean): void {
    const { core, section } = this
    if (section.verdict !== SECTION_OK || section.hasPseudo || !endStream) {
      core.malformed(stream.id, stream)
      return
    }
    core.counters.count('trailers')
    this.end(stream, true)
  }
}

const DEFAULT_TABLE_BYTES = 4096
