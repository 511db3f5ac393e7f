import { DATA, FLAG_PADDED, FRAME_HEAD_BYTES, MAX_FRAME_BYTES, PREFACE } from './frame.ts'

/** Told of frames in order. Each call says whether to go on; after false the reader is of no use. */
export interface FrameHandler {
  onBadPreface(): void
  /** The first nine bytes, before any of the payload. `length` may be more than allowed. */
  admits(type: number, flags: number, id: number, length: number): boolean
  /** A piece of the data of the DATA frame that was admitted, without its padding. */
  onDataPiece(bytes: Buffer, from: number, to: number): boolean
  onDataEnd(): boolean
  /** `padding` is not less than the frame: a connection error (RFC 9113 6.1). */
  onBadPadding(): void
  /** Bytes of padding, its length byte included. */
  onDataPadding(bytes: number): void
  /** Any other frame of a known type, with its whole payload. */
  onFrame(type: number, flags: number, id: number, bytes: Buffer, from: number, to: number): boolean
}

const IN_PREFACE = 0
const IN_HEAD = 1
const IN_PAYLOAD = 2
const IN_PAD_LENGTH = 3
const IN_DATA = 4
const IN_PADDING = 5
const SKIPPING = 6
const STOPPED = 7

const LAST_KNOWN_TYPE = 9

/** Cuts bytes into frames, however they were cut on their way. Data passes in pieces, uncopied; other payloads come whole. */
export class FrameReader {
  private readonly handler: FrameHandler
  private state: number
  private type = 0
  private flags = 0
  private id = 0
  /** Bytes of the frame that are still to come, of the current part. */
  private remaining = 0
  private padding = 0
  private matched = 0
  private readonly head: Buffer = Buffer.allocUnsafe(FRAME_HEAD_BYTES)
  private headBytes = 0
  private carry: Buffer | null = null
  private carried = 0

  constructor(handler: FrameHandler, expectPreface: boolean) {
    this.handler = handler
    this.state = expectPreface ? IN_PREFACE : IN_HEAD
  }

  stop(): void {
    this.state = STOPPED
    this.carry = null
  }

  feed(bytes: Buffer, from: number, to: number): void {
    let at = from
    while (at < to) {
      const { state } = this
      if (state === IN_HEAD) at = this.readHead(bytes, at, to)
      else if (state === IN_PAYLOAD) at = this.readPayload(bytes, at, to)
      else if (state === IN_DATA) at = this.readData(bytes, at, to)
      else if (state === IN_PAD_LENGTH) at = this.readPadLength(bytes, at)
      else if (state === IN_PADDING || state === SKIPPING) at = this.skip(at, to)
      else if (state === IN_PREFACE) at = this.readPreface(bytes, at, to)
      else return
    }
  }

  private readPreface(bytes: Buffer, from: number, to: number): number {
    let at = from
    while (at < to && this.matched < PREFACE.length) {
      if (bytes[at++] === PREFACE[this.matched++]) continue
      this.stop()
      this.handler.onBadPreface()
      return to
    }
    if (this.matched === PREFACE.length) this.state = IN_HEAD
    return at
  }

  private readHead(bytes: Buffer, from: number, to: number): number {
    if (this.headBytes === 0 && to - from >= FRAME_HEAD_BYTES) {
      this.startFrame(bytes, from)
      return from + FRAME_HEAD_BYTES
    }
    const taken = Math.min(FRAME_HEAD_BYTES - this.headBytes, to - from)
    bytes.copy(this.head, this.headBytes, from, from + taken)
    this.headBytes += taken
    if (this.headBytes === FRAME_HEAD_BYTES) {
      this.headBytes = 0
      this.startFrame(this.head, 0)
    }
    return from + taken
  }

  private startFrame(bytes: Buffer, at: number): void {
    const length = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    this.type = bytes[at + 3] ?? 0
    this.flags = bytes[at + 4] ?? 0
    this.id = (((bytes[at + 5] ?? 0) & 127) << 24) | ((bytes[at + 6] ?? 0) << 16) | ((bytes[at + 7] ?? 0) << 8) | (bytes[at + 8] ?? 0)
    this.remaining = length
    this.padding = 0
    if (!this.handler.admits(this.type, this.flags, this.id, length) || length > MAX_FRAME_BYTES) {
      this.stop()
    } else if (this.type === DATA) {
      this.startData(length)
    } else if (this.type > LAST_KNOWN_TYPE) {
      this.state = length === 0 ? IN_HEAD : SKIPPING
    } else {
      this.state = IN_PAYLOAD
      if (length === 0) this.endPayload(bytes, 0, 0)
    }
  }

  private startData(length: number): void {
    if ((this.flags & FLAG_PADDED) === 0) {
      this.state = IN_DATA
      if (length === 0) this.endData()
    } else if (length === 0) {
      this.badPadding()
    } else {
      this.state = IN_PAD_LENGTH
    }
  }

  private readPadLength(bytes: Buffer, at: number): number {
    this.padding = bytes[at] ?? 0
    this.remaining -= 1 + this.padding
    if (this.remaining < 0) {
      this.badPadding()
    } else {
      this.handler.onDataPadding(1 + this.padding)
      this.state = IN_DATA
      if (this.remaining === 0) this.endDataPart()
    }
    return at + 1
  }

  private badPadding(): void {
    this.stop()
    this.handler.onBadPadding()
  }

  private readData(bytes: Buffer, from: number, to: number): number {
    const end = Math.min(to, from + this.remaining)
    this.remaining -= end - from
    if (!this.handler.onDataPiece(bytes, from, end)) this.stop()
    else if (this.remaining === 0) this.endDataPart()
    return end
  }

  private endDataPart(): void {
    if (this.padding === 0) {
      this.endData()
    } else {
      this.remaining = this.padding
      this.state = IN_PADDING
    }
  }

  private endData(): void {
    this.state = IN_HEAD
    if (!this.handler.onDataEnd()) this.stop()
  }

  private skip(from: number, to: number): number {
    const end = Math.min(to, from + this.remaining)
    this.remaining -= end - from
    if (this.remaining > 0) return end
    if (this.state === IN_PADDING) this.endData()
    else this.state = IN_HEAD
    return end
  }

  private readPayload(bytes: Buffer, from: number, to: number): number {
    const { remaining } = this
    if (this.carry === null && to - from >= remaining) {
      this.endPayload(bytes, from, from + remaining)
      return from + remaining
    }
    this.carry ??= Buffer.allocUnsafe(remaining)
    const taken = Math.min(this.carry.length - this.carried, to - from)
    bytes.copy(this.carry, this.carried, from, from + taken)
    this.carried += taken
    if (this.carried === this.carry.length) {
      const whole = this.carry
      this.carry = null
      this.carried = 0
      this.endPayload(whole, 0, whole.length)
    }
    return from + taken
  }

  private endPayload(bytes: Buffer, from: number, to: number): void {
    this.state = IN_HEAD
    if (!this.handler.onFrame(this.type, this.flags, this.id, bytes, from, to)) this.stop()
  }
}
