/** Bytes before each message: a flag for compression and the length (gRPC over HTTP/2, "Length-Prefixed-Message"). */
export const FRAME_HEADER_BYTES = 5

/** Messages in several chunks are put together here, whoever sent them: one is read at a time, and nobody keeps it. */
let scratch = Buffer.allocUnsafeSlow(128 * 1024)
/** Longer messages, which are rare, get memory of their own, in bytes. */
const LONGEST_IN_SCRATCH = 2 * 1024 * 1024

/** Reads messages from the chunks of one gRPC stream. State: the chunks of an unfinished message. */
export class MessageFrames {
  private readonly maxBytes: number
  private chunks: Buffer[] = []
  private buffered = 0
  /** No message is complete before so many bytes are there. */
  private needed = 0

  /** Messages longer than `maxBytes` are refused. */
  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  /** The messages that `chunk` completes, valid until the next call on any object; a text if the stream cannot be read on. */
  push(chunk: Buffer): readonly Buffer[] | string {
    if (this.buffered === 0) return this.messagesIn(chunk, false)
    this.chunks.push(chunk)
    this.buffered += chunk.length
    if (this.buffered < this.needed) return NONE
    const { chunks, buffered } = this
    this.chunks = []
    this.buffered = 0
    return this.messagesIn(joined(chunks, buffered), true)
  }

  private messagesIn(bytes: Buffer, isBorrowed: boolean): readonly Buffer[] | string {
    const messages: Buffer[] = []
    let at = 0
    let needed = FRAME_HEADER_BYTES
    while (bytes.length - at >= FRAME_HEADER_BYTES) {
      if (bytes[at] !== 0) return 'compressed messages are not supported'
      const length = bytes.readUInt32BE(at + 1)
      if (length > this.maxBytes) return `a message is longer than ${this.maxBytes} bytes`
      const end = at + FRAME_HEADER_BYTES + length
      needed = FRAME_HEADER_BYTES + length
      if (end > bytes.length) break
      messages.push(bytes.subarray(at + FRAME_HEADER_BYTES, end))
      at = end
      needed = FRAME_HEADER_BYTES
    }
    if (at < bytes.length) {
      const rest = bytes.subarray(at)
      this.chunks = [isBorrowed ? Buffer.from(rest) : rest]
      this.buffered = rest.length
      this.needed = needed
    }
    return messages
  }
}

const NONE: readonly Buffer[] = []

function joined(chunks: readonly Buffer[], length: number): Buffer {
  if (length > LONGEST_IN_SCRATCH) return Buffer.concat(chunks, length)
  if (length > scratch.length) scratch = Buffer.allocUnsafeSlow(Math.min(LONGEST_IN_SCRATCH, 2 * length))
  let at = 0
  for (const chunk of chunks) {
    scratch.set(chunk, at)
    at += chunk.length
  }
  return scratch.subarray(0, length)
}
