/** Bytes before the body of a message: its length, its number, the number it answers, its operation. */
const HEADER_BYTES = 16
/** MongoDB's own limit (`maxMessageSizeBytes`). */
const MAX_MESSAGE_BYTES = 48_000_000
/** What is read of a message at most: operation, name and what is asked for stand at its beginning. */
const MAX_KEPT_BYTES = 64 * 1024

/** One message of the wire protocol of MongoDB, or its beginning. */
export interface MongoMessage {
  /** Of the whole message. */
  readonly bytes: number
  readonly requestId: number
  readonly responseTo: number
  readonly opCode: number
  readonly body: Buffer
}

/** Cuts the bytes of one direction into messages. */
export class MongoMessageReader {
  private kept: Buffer = Buffer.alloc(0)
  /** Bytes of the message under way that are still to come and not kept. */
  private skipping = 0

  /** The messages that these bytes complete; null if they are none. */
  read(bytes: Buffer): readonly MongoMessage[] | null {
    const messages: MongoMessage[] = []
    let rest = this.skip(bytes)
    if (rest.length === 0) return messages
    rest = this.kept.length === 0 ? rest : Buffer.concat([this.kept, rest])
    while (rest.length >= HEADER_BYTES) {
      const length = rest.readInt32LE(0)
      if (length < HEADER_BYTES || length > MAX_MESSAGE_BYTES) return null
      const wanted = Math.min(length, MAX_KEPT_BYTES)
      if (rest.length < wanted) break
      messages.push(messageOf(rest.subarray(0, wanted), length))
      this.skipping = Math.max(0, length - rest.length)
      rest = rest.subarray(Math.min(length, rest.length))
    }
    this.kept = Buffer.from(rest)
    return messages
  }

  private skip(bytes: Buffer): Buffer {
    const skipped = Math.min(this.skipping, bytes.length)
    this.skipping -= skipped
    return bytes.subarray(skipped)
  }
}

function messageOf(kept: Buffer, bytes: number): MongoMessage {
  return {
    bytes,
    requestId: kept.readInt32LE(4),
    responseTo: kept.readInt32LE(8),
    opCode: kept.readInt32LE(12),
    body: Buffer.from(kept.subarray(HEADER_BYTES)),
  }
}
