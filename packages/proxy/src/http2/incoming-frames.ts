import { CLOSED_BY_PEER } from './closed-streams.ts'
import { ENHANCE_YOUR_CALM, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, NO_ERROR, PROTOCOL_ERROR } from './error-code.ts'
import { STREAM_CLOSED } from './error-code.ts'
import { CONTINUATION, DATA, FLAG_ACK, FLAG_END_HEADERS, FLAG_END_STREAM, GOAWAY, HEADERS, MAX_FRAME_BYTES, PING } from './frame.ts'
import { PRIORITY, RST_STREAM, SETTINGS, WINDOW_UPDATE } from './frame.ts'
import type { FrameHandler } from './frame-reader.ts'
import { dependency, HeaderBlock } from './header-block.ts'
import type { SessionProblem } from './http2-sink.ts'
import type { Http2Stream } from './http2-stream.ts'
import { IncomingMessages } from './incoming-messages.ts'
import type { SessionCore } from './session-core.ts'

/** Compressed bytes of a header section, for each byte that it may have uncompressed: Huffman codes have 30 bits at the most. */
const BLOCK_SHARE = 2

/** Acts on the peer's frames as RFC 9113 5 and 6 want, and keeps its budgets. */
export class IncomingFrames<Owner> implements FrameHandler {
  private readonly core: SessionCore<Owner>
  private readonly messages: IncomingMessages<Owner>
  private readonly block: HeaderBlock
  private settingsSeen = false
  /** Stream of the DATA frame at hand; null when its data is ignored. */
  private dataStream: Http2Stream<Owner> | null = null
  private dataEnds = false

  constructor(core: SessionCore<Owner>) {
    this.core = core
    this.messages = new IncomingMessages(core)
    this.block = new HeaderBlock(Math.max(MAX_FRAME_BYTES, core.options.maxHeaderListBytes * BLOCK_SHARE))
  }

  onBadPreface(): void {
    this.core.fail(PROTOCOL_ERROR, 'preface')
  }

  onBadPadding(): void {
    this.core.fail(PROTOCOL_ERROR, 'frame')
  }

  admits(type: number, flags: number, id: number, length: number): boolean {
    const { core, block } = this
    if (core.writer.problem !== null) core.fail(ENHANCE_YOUR_CALM, core.writer.problem)
    if (core.failed) return false
    if (!this.settingsSeen && (type !== SETTINGS || (flags & FLAG_ACK) !== 0)) return this.fail(PROTOCOL_ERROR, 'preface')
    if (length > MAX_FRAME_BYTES) return this.fail(FRAME_SIZE_ERROR, 'frame-size')
    if (block.openId !== 0 && (type !== CONTINUATION || id !== block.openId)) return this.fail(PROTOCOL_ERROR, 'frame')
    this.settingsSeen = true
    return type !== DATA || this.admitsData(id, flags, length)
  }

  onDataPadding(bytes: number): void {
    if (this.dataStream !== null) this.core.credit.creditStream(this.dataStream, bytes)
  }

  onDataPiece(bytes: Buffer, from: number, to: number): boolean {
    const { core, dataStream: stream } = this
    if (stream === null) return true
    const size = to - from
    if (stream.closed) {
      core.credit.credit(size)
      return true
    }
    stream.unconsumed += size
    stream.received += size
    if (stream.expected >= 0 && stream.received > stream.expected) core.malformed(stream.id, stream)
    else core.sink.onData(stream, from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to))
    return !core.failed
  }

  onDataEnd(): boolean {
    const stream = this.dataStream
    this.dataStream = null
    if (stream !== null && this.dataEnds && !stream.closed) this.messages.end(stream, false)
    return !this.core.failed
  }

  onFrame(type: number, flags: number, id: number, bytes: Buffer, from: number, to: number): boolean {
    switch (type) {
      case HEADERS:
        this.headers(flags, id, bytes, from, to)
        break
      case CONTINUATION:
        this.continuation(flags, id, bytes, from, to)
        break
      case WINDOW_UPDATE:
        this.windowUpdate(id, bytes, from, to)
        break
      case RST_STREAM:
        this.resetStream(id, bytes, from, to)
        break
      case SETTINGS:
        this.settings(flags, id, bytes, from, to)
        break
      case PING:
        this.ping(flags, id, bytes, from, to)
        break
      case GOAWAY:
        this.goaway(id, bytes, from, to)
        break
      case PRIORITY:
        this.priority(id, bytes, from, to)
        break
      default:
        // Nobody may push to us: we say so in SETTINGS.
        this.fail(PROTOCOL_ERROR, 'frame')
    }
    return !this.core.failed
  }

  private fail(code: number, problem: SessionProblem): false {
    this.core.fail(code, problem)
    return false
  }

  private admitsData(id: number, flags: number, length: number): boolean {
    const { core } = this
    const ends = (flags & FLAG_END_STREAM) !== 0
    if (id === 0 || core.isIdle(id)) return this.fail(PROTOCOL_ERROR, 'stream-state')
    if (core.guard.emptyFrame(length === 0, ends)) return this.fail(ENHANCE_YOUR_CALM, 'inbound_empty_frames_flood')
    if (!core.credit.take(length)) return this.fail(FLOW_CONTROL_ERROR, 'flow-control')
    this.dataEnds = ends
    this.dataStream = this.receiver(id, length)
    if (this.dataStream === null && !core.failed) core.credit.credit(length)
    return !core.failed
  }

  /** The stream that takes the data; null when it is to be ignored. */
  private receiver(id: number, length: number): Http2Stream<Owner> | null {
    const { core } = this
    const stream = core.streams.get(id)
    if (stream === null) {
      if (core.closedStreams.how(id) === CLOSED_BY_PEER) core.fail(STREAM_CLOSED, 'stream-state')
      return null
    }
    if (stream.remoteEnded) {
      core.abort(stream, STREAM_CLOSED, 'malformed')
      return null
    }
    if (!core.isServer && !stream.answered) {
      core.malformed(id, stream)
      return null
    }
    stream.receiveWindow -= length
    if (stream.receiveWindow >= 0) return stream
    core.abort(stream, FLOW_CONTROL_ERROR, 'malformed')
    return null
  }

  private headers(flags: number, id: number, bytes: Buffer, from: number, to: number): void {
    const { core, block } = this
    const ends = (flags & FLAG_END_STREAM) !== 0
    if (id === 0 || dependency(HEADERS, flags, bytes, from, to) === id) this.fail(PROTOCOL_ERROR, 'stream-id')
    else if (core.guard.emptyFrame(from === to, ends)) this.fail(ENHANCE_YOUR_CALM, 'inbound_empty_frames_flood')
    else if (!block.begin(bytes, from, to, flags)) this.fail(PROTOCOL_ERROR, 'frame')
    else if (this.messages.admits(id)) {
      core.guard.headersBegin()
      block.openId = id
      block.endStream = ends
      this.fragment(flags)
    }
  }

  private continuation(flags: number, id: number, bytes: Buffer, from: number, to: number): void {
    const { core, block } = this
    const empty = from === to && (flags & FLAG_END_HEADERS) === 0
    if (block.openId !== id || id === 0) this.fail(PROTOCOL_ERROR, 'frame')
    else if (core.guard.emptyFrame(empty, false)) this.fail(ENHANCE_YOUR_CALM, 'inbound_empty_frames_flood')
    else if (core.guard.continuation() || !block.append(bytes, from, to)) this.fail(ENHANCE_YOUR_CALM, 'continuation_flood')
    else this.fragment(flags)
  }

  private fragment(flags: number): void {
    const { block } = this
    if ((flags & FLAG_END_HEADERS) === 0) {
      block.keep()
      return
    }
    const { openId, endStream, bytes, from, to } = block
    block.end()
    this.messages.onBlock(openId, endStream, bytes, from, to)
  }

  private windowUpdate(id: number, bytes: Buffer, from: number, to: number): void {
    const { core } = this
    if (to - from !== 4) this.fail(FRAME_SIZE_ERROR, 'frame-size')
    else if (id !== 0 && core.isIdle(id)) this.fail(PROTOCOL_ERROR, 'stream-state')
    else if (core.guard.windowUpdate(core.opened, core.sender.frames)) this.fail(ENHANCE_YOUR_CALM, 'inbound_window_update_frames_flood')
    else if (id === 0) this.creditConnection(bytes.readUInt32BE(from) & 0x7fff_ffff)
    else this.creditStream(id, bytes.readUInt32BE(from) & 0x7fff_ffff)
  }

  private creditConnection(more: number): void {
    if (more === 0) this.fail(PROTOCOL_ERROR, 'flow-control')
    else if (!this.core.sender.creditConnection(more)) this.fail(FLOW_CONTROL_ERROR, 'flow-control')
  }

  private creditStream(id: number, more: number): void {
    const { core } = this
    const stream = core.streams.get(id)
    if (stream === null) return
    if (more === 0) core.abort(stream, PROTOCOL_ERROR, 'malformed')
    else if (!core.sender.creditStream(stream, more)) core.abort(stream, FLOW_CONTROL_ERROR, 'malformed')
  }

  private resetStream(id: number, bytes: Buffer, from: number, to: number): void {
    const { core } = this
    if (to - from !== 4) {
      this.fail(FRAME_SIZE_ERROR, 'frame-size')
      return
    }
    if (id === 0 || core.isIdle(id)) {
      this.fail(PROTOCOL_ERROR, 'stream-state')
      return
    }
    const stream = core.streams.get(id)
    if (stream === null) return
    core.counters.count('rx_reset')
    const premature = core.isServer && !stream.answered
    core.lose(stream, bytes.readUInt32BE(from), 'remote-reset')
    if (premature) core.countPremature()
  }

  private settings(flags: number, id: number, bytes: Buffer, from: number, to: number): void {
    const { core } = this
    if (id !== 0) this.fail(PROTOCOL_ERROR, 'settings')
    else if ((flags & FLAG_ACK) !== 0) this.settingsAck(to - from)
    else if ((to - from) % 6 !== 0) this.fail(FRAME_SIZE_ERROR, 'frame-size')
    else if (core.guard.settingsFrame(core.nowMs)) this.fail(ENHANCE_YOUR_CALM, 'settings_flood')
    else this.applySettings(bytes, from, to)
  }

  private applySettings(bytes: Buffer, from: number, to: number): void {
    const { core } = this
    const { peer, writer } = core
    const before = peer.initialWindow
    const error = peer.apply(bytes, from, to, !core.isServer)
    if (error !== NO_ERROR) {
      this.fail(error, 'settings')
      return
    }
    // Before any data that the new windows let go.
    writer.settingsAck()
    writer.hpack.setPeerLimit(peer.smallestTableBytes)
    writer.hpack.setPeerLimit(peer.headerTableBytes)
    const more = peer.initialWindow - before
    if (more !== 0 && !this.resizeWindows(more)) {
      this.fail(FLOW_CONTROL_ERROR, 'flow-control')
      return
    }
    core.sink.onSettings()
  }

  private resizeWindows(more: number): boolean {
    for (const stream of this.core.streams.all()) if (!this.core.sender.creditStream(stream, more)) return false
    return true
  }

  /** What we announced holds from here on (RFC 9113 6.5.3). */
  private settingsAck(length: number): void {
    const { core, messages } = this
    if (length !== 0) {
      this.fail(FRAME_SIZE_ERROR, 'frame-size')
    } else if (messages.settingsAcked) {
      // We send SETTINGS once: the peer acknowledges nothing.
      if (core.guard.settingsFrame(core.nowMs)) this.fail(ENHANCE_YOUR_CALM, 'settings_flood')
    } else {
      messages.settingsAcked = true
      messages.hpack.setLimit(core.options.headerTableBytes)
      const less = core.credit.initialWindow - core.options.streamWindow
      core.credit.initialWindow -= less
      for (const stream of core.streams.all()) stream.receiveWindow -= less
    }
  }

  private ping(flags: number, id: number, bytes: Buffer, from: number, to: number): void {
    const { core } = this
    if (id !== 0) this.fail(PROTOCOL_ERROR, 'frame')
    else if (to - from !== 8) this.fail(FRAME_SIZE_ERROR, 'frame-size')
    else if (core.guard.ping(core.nowMs)) this.fail(ENHANCE_YOUR_CALM, 'ping_flood')
    else if ((flags & FLAG_ACK) !== 0) core.sink.onPong(bytes.readUInt32BE(from + 4))
    else core.writer.ping(bytes.readUInt32BE(from), bytes.readUInt32BE(from + 4), true)
  }

  private goaway(id: number, bytes: Buffer, from: number, to: number): void {
    const { core } = this
    if (id !== 0 || to - from < 8) {
      this.fail(id === 0 ? FRAME_SIZE_ERROR : PROTOCOL_ERROR, 'frame')
      return
    }
    const lastId = bytes.readUInt32BE(from) & 0x7fff_ffff
    const code = bytes.readUInt32BE(from + 4)
    core.draining = true
    if (!core.isServer) for (const stream of core.streams.all()) if (stream.id > lastId) core.lose(stream, code, 'remote-refused')
    core.sink.onGoaway(lastId, code, bytes.subarray(from + 8, to))
  }

  private priority(id: number, bytes: Buffer, from: number, to: number): void {
    const { core } = this
    if (id === 0 || dependency(PRIORITY, 0, bytes, from, to) === id) this.fail(PROTOCOL_ERROR, 'stream-id')
    else if (to - from !== 5) this.fail(FRAME_SIZE_ERROR, 'frame-size')
    else if (core.guard.priority(core.opened, core.nowMs)) this.fail(ENHANCE_YOUR_CALM, 'inbound_priority_frames_flood')
  }
}
