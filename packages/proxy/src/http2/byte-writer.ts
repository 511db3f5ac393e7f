/** Output is gathered into buffers of this size at first, and kept between flushes at no more than it. */
const FIRST_BYTES = 1024

/** Bytes gathered for one write. The buffer is given away by `take`, so that nothing is copied and none is kept while idle. */
export class ByteWriter {
  bytes: Buffer = EMPTY
  at = 0
  /** What the last writes needed, so that a busy connection rarely has to grow its buffer. */
  private expected = FIRST_BYTES

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

  /** What was gathered; the writer starts anew. */
  take(): Buffer {
    const taken = this.bytes.subarray(0, this.at)
    this.expected = Math.min(Math.max(FIRST_BYTES, (this.expected + this.at) >> 1), 16_384)
    this.bytes = EMPTY
    this.at = 0
    return taken
  }

  private grow(needed: number): void {
    const grown = Buffer.allocUnsafe(Math.max(this.expected, needed + (needed >> 1)))
    if (this.at > 0) this.bytes.copy(grown, 0, 0, this.at)
    this.bytes = grown
  }
}

const EMPTY = Buffer.alloc(0)
