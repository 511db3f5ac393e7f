/** Bytes before each message: a flag for compression and the length (gRPC over HTTP/2, "Length-Prefixed-Message"). */
export const FRAME_HEADER_BYTES = 5

/** Reads messages from the chunks of one gRPC stream. State: what is left of the last chunk. */
export class MessageFrames {
  private readonly maxBytes: number
  private rest: Buffer | null = null

  /** Messages longer than `maxBytes` are refused. */
  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  /** The messages that `chunk` completes; a text if the stream cannot be read on. */
  push(chunk: Buffer): readonly Buffer[] | string {
    const bytes = this.rest === null ? chunk : Buffer.concat([this.rest, chunk])
    const messages: Buffer[] = []
    let at = 0
    while (bytes.length - at >= FRAME_HEADER_BYTES) {
      if (bytes[at] !== 0) return 'compressed messages are not supported'
      const length = bytes.readUInt32BE(at + 1)
      if (length > this.maxBytes) return `a message is longer than ${this.maxBytes} bytes`
      const end = at + FRAME_HEADER_BYTES + length
      if (end > bytes.length) break
      messages.push(bytes.subarray(at + FRAME_HEADER_BYTES, end))
      at = end
    }
    this.rest = at === bytes.length ? null : bytes.subarray(at)
    return messages
  }
}
