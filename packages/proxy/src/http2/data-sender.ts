import type { HeaderTable } from '../http/header-table.ts'
import { DEFAULT_WINDOW, MAX_FRAME_BYTES, MAX_WINDOW } from './frame.ts'
import type { FrameWriter } from './frame-writer.ts'
import type { Http2Output } from './http2-sink.ts'
import type { Http2Stream } from './http2-stream.ts'

/** Told when all of our side of a stream is on its way. */
export interface EndListener<Owner> {
  onEndSent(stream: Http2Stream<Owner>): void
  onStreamDrain(stream: Http2Stream<Owner>): void
}

/** Data waits in its stream while this much is gathered, so that streams share the connection and buffers stay small. */
const GATHER_BYTES = 65_536

/** Sends data as far as windows and the output allow, one frame of each stream in turn; keeps the rest (RFC 9113 5.2). */
export class DataSender<Owner> {
  /** Connection-level window. */
  window: number = DEFAULT_WINDOW
  /** DATA frames sent so far. */
  frames = 0
  private readonly writer: FrameWriter
  private readonly output: Http2Output
  private readonly listener: EndListener<Owner>
  private readonly bufferBytes: number
  /** Streams that could send if the connection could. */
  private readonly ready: Http2Stream<Owner>[] = []
  private pumping = false

  constructor(writer: FrameWriter, output: Http2Output, listener: EndListener<Owner>, bufferBytes: number) {
    this.writer = writer
    this.output = output
    this.listener = listener
    this.bufferBytes = bufferBytes
  }

  /** DATA frames that the peer's window updates may answer. */
  send(stream: Http2Stream<Owner>, chunk: Buffer, endStream: boolean, volatile: boolean): void {
    stream.localEnded = endStream
    if (stream.bufferedBytes === 0 && this.fits(stream, chunk.length)) {
      this.writeNow(stream, chunk, endStream)
      return
    }
    if (chunk.length > 0) {
      stream.queue ??= []
      stream.queue.push(volatile ? Buffer.from(chunk) : chunk)
      stream.bufferedBytes += chunk.length
      if (stream.bufferedBytes > this.bufferBytes) stream.writable = false
    }
    this.makeReady(stream)
    this.pump()
  }

  end(stream: Http2Stream<Owner>, trailers: HeaderTable | null): void {
    stream.localEnded = true
    stream.trailers = trailers
    if (stream.bufferedBytes === 0) this.finish(stream)
  }

  /** The stream is gone: what waits on it is dropped. */
  drop(stream: Http2Stream<Owner>): void {
    stream.queue = null
    stream.bufferedBytes = 0
    stream.trailers = null
    if (!stream.isReady) return
    stream.isReady = false
    this.ready.splice(this.ready.indexOf(stream), 1)
  }

  /** False: the window would exceed 2^31 - 1. */
  creditConnection(bytes: number): boolean {
    if (this.window + bytes > MAX_WINDOW) return false
    this.window += bytes
    this.pump()
    return true
  }

  creditStream(stream: Http2Stream<Owner>, bytes: number): boolean {
    if (stream.sendWindow + bytes > MAX_WINDOW) return false
    stream.sendWindow += bytes
    if (stream.bufferedBytes > 0 && stream.sendWindow > 0) {
      this.makeReady(stream)
      this.pump()
    }
    return true
  }

  /** Sends what can be sent. Calls of the listener may send more: it goes on here. */
  pump(): void {
    if (this.pumping) return
    this.pumping = true
    while (this.ready.length > 0 && this.window > 0 && this.writer.out.at < GATHER_BYTES && !this.output.congested) {
      const stream = this.ready.shift()
      if (stream === undefined) break
      stream.isReady = false
      if (stream.sendWindow > 0) this.sendSome(stream)
    }
    this.pumping = false
  }

  private fits(stream: Http2Stream<Owner>, length: number): boolean {
    if (length === 0) return true
    const { window, writer, output } = this
    return length <= window && length <= stream.sendWindow && writer.out.at + length <= GATHER_BYTES && !output.congested
  }

  private writeNow(stream: Http2Stream<Owner>, chunk: Buffer, endStream: boolean): void {
    const { length } = chunk
    if (length === 0 && !endStream) return
    let at = 0
    do {
      const to = Math.min(length, at + MAX_FRAME_BYTES)
      this.writer.dataHead(stream.id, to - at, endStream && to === length)
      this.writer.out.copy(chunk, at, to)
      this.frames++
      at = to
    } while (at < length)
    this.window -= length
    stream.sendWindow -= length
    if (endStream) this.listener.onEndSent(stream)
  }

  private sendSome(stream: Http2Stream<Owner>): void {
    const size = Math.min(this.window, stream.sendWindow, stream.bufferedBytes, MAX_FRAME_BYTES)
    const last = size === stream.bufferedBytes
    const ends = last && stream.localEnded && stream.trailers === null
    this.writer.dataHead(stream.id, size, ends)
    this.copyQueue(stream, size)
    this.frames++
    this.window -= size
    stream.sendWindow -= size
    stream.bufferedBytes -= size
    if (ends) this.listener.onEndSent(stream)
    else if (last && stream.localEnded) this.finish(stream)
    else if (!last) this.makeReady(stream)
    if (!stream.writable && !stream.closed && stream.bufferedBytes <= this.bufferBytes / 2) {
      stream.writable = true
      this.listener.onStreamDrain(stream)
    }
  }

  private copyQueue(stream: Http2Stream<Owner>, size: number): void {
    const { queue } = stream
    let left = size
    while (left > 0) {
      const chunk = queue?.[0]
      if (chunk === undefined) break
      const from = stream.queueOffset
      const to = Math.min(chunk.length, from + left)
      this.writer.out.copy(chunk, from, to)
      left -= to - from
      stream.queueOffset = to
      if (to === chunk.length) {
        queue?.shift()
        stream.queueOffset = 0
      }
    }
  }

  private finish(stream: Http2Stream<Owner>): void {
    const { trailers } = stream
    stream.trailers = null
    if (trailers === null) {
      this.writer.dataHead(stream.id, 0, true)
      this.frames++
    } else {
      this.writer.trailers(stream.id, trailers)
    }
    this.listener.onEndSent(stream)
  }

  private makeReady(stream: Http2Stream<Owner>): void {
    if (stream.isReady || stream.bufferedBytes === 0) return
    stream.isReady = true
    this.ready.push(stream)
  }
}
