/** Output is gathered into buffers of this size, or into one that is made larger for as long as it is needed. */
const POOLED_BYTES = 16_384
/** Buffers that are kept for the next connections that have something to send; a turn needs one for each such connection. */
const MAX_POOLED = 64

const pool: Buffer[] = []

/** Bytes gathered for one write. While nothing waits there is no buffer, so idle connections have none. */
export class ByteWriter {
  bytes: Buffer = EMPTY
  at = 0
  /** The buffer whose bytes are being written. */
  private lent: Buffer = EMPTY

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    const needed = this.at + count
    if (needed > this.bytes.length) this.grow(needed)
  }

  uint8(value: number): void {
    this.bytes[this.at++] = value
  }

  uint24(value: number): void {
    const { bytes, at } = this
    bytes[at] = value >>> 16
    bytes[at + 1] = value >>> 8
    bytes[at + 2] = value
    this.at = at + 3
  }

  uint32(value: number): void {
    const { bytes, at } = this
    bytes[at] = value >>> 24
    bytes[at + 1] = value >>> 16
    bytes[at + 2] = value >>> 8
    bytes[at + 3] = value
    this.at = at + 4
  }

  /** One byte per character. Room must have been made. */
  latin1(text: string): void {
    const { length } = text
    if (length > 24) {
      this.at += this.bytes.write(text, this.at, 'latin1')
      return
    }
    const { bytes } = this
    let { at } = this
    for (let i = 0; i < length; i++) bytes[at++] = text.charCodeAt(i)
    this.at = at
  }

  copy(chunk: Buffer, from: number, to: number): void {
    chunk.copy(this.bytes, this.at, from, to)
    this.at += to - from
  }

  /** What was gathered; the writer starts anew. Tell `taken` before the next call. */
  take(): Buffer {
    const { bytes, at } = this
    this.lent = bytes
    this.bytes = EMPTY
    this.at = 0
    return bytes.subarray(0, at)
  }

  /** `free`: nobody reads any more what `take` gave. */
  taken(free: boolean): void {
    if (free) release(this.lent)
    this.lent = EMPTY
  }

  private grow(needed: number): void {
    const { bytes, at } = this
    if (needed <= POOLED_BYTES) {
      this.bytes = pool.pop() ?? Buffer.allocUnsafeSlow(POOLED_BYTES)
      return
    }
    const grown = Buffer.allocUnsafeSlow(needed + (needed >> 1))
    if (at > 0) bytes.copy(grown, 0, 0, at)
    this.bytes = grown
    release(bytes)
  }
}

function release(buffer: Buffer): void {
  if (buffer.length === POOLED_BYTES && pool.length < MAX_POOLED) pool.push(buffer)
}

const EMPTY = Buffer.alloc(0)
