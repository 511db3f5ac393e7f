import { DEFAULT_WINDOW } from './frame.ts'
import type { FrameWriter } from './frame-writer.ts'
import type { Http2Stream } from './http2-stream.ts'

/** What the peer may send: windows go down as data comes and up as it is consumed, told in steps of half a window. */
export class ReceiveCredit {
  /** Window that new streams begin with; the peer knows it once it has acknowledged our SETTINGS. */
  initialWindow: number
  private readonly writer: FrameWriter
  private readonly connectionWindow: number
  private window: number = DEFAULT_WINDOW
  private uncredited = 0

  constructor(writer: FrameWriter, streamWindow: number, connectionWindow: number) {
    this.writer = writer
    this.initialWindow = Math.max(streamWindow, DEFAULT_WINDOW)
    this.connectionWindow = connectionWindow
  }

  /** The connection's window can only be made larger, by WINDOW_UPDATE. */
  start(): void {
    const more = this.connectionWindow - this.window
    if (more <= 0) return
    this.window += more
    this.writer.windowUpdate(0, more)
  }

  /** A DATA frame of this payload. False: more than the connection's window. */
  take(bytes: number): boolean {
    this.window -= bytes
    return this.window >= 0
  }

  /** Gives back to the connection. */
  credit(bytes: number): void {
    this.uncredited += bytes
    if (this.uncredited < Math.max(this.connectionWindow, DEFAULT_WINDOW) / 2) return
    this.window += this.uncredited
    this.writer.windowUpdate(0, this.uncredited)
    this.uncredited = 0
  }

  /** Gives back to a stream and the connection. */
  creditStream<Owner>(stream: Http2Stream<Owner>, bytes: number): void {
    this.credit(bytes)
    if (stream.remoteEnded || stream.closed) return
    stream.uncredited += bytes
    if (stream.uncredited < this.initialWindow / 2) return
    stream.receiveWindow += stream.uncredited
    this.writer.windowUpdate(stream.id, stream.uncredited)
    stream.uncredited = 0
  }
}
