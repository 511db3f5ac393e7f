import { FLAG_PADDED, FLAG_PRIORITY, HEADERS } from './frame.ts'

/** Gathers the block of a HEADERS frame and its CONTINUATIONs (RFC 9113 4.3). One frame is not copied. */
export class HeaderBlock {
  /** Stream of the block that is not complete, or 0. */
  openId = 0
  endStream = false
  bytes: Buffer = EMPTY
  from = 0
  to = 0
  private readonly maxBytes: number
  private gathered = false

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  /** The fragment of a HEADERS frame. False: its padding is not less than the frame. */
  begin(bytes: Buffer, from: number, to: number, flags: number): boolean {
    let start = from
    let end = to
    if ((flags & FLAG_PADDED) !== 0) {
      if (start >= end) return false
      end -= bytes[start] ?? 0
      start++
    }
    if ((flags & FLAG_PRIORITY) !== 0) start += 5
    if (start > end) return false
    this.bytes = bytes
    this.from = start
    this.to = end
    this.gathered = false
    return true
  }

  /** What has come is kept beyond this call, for CONTINUATIONs to follow. */
  keep(): void {
    if (this.gathered) return
    const kept = Buffer.allocUnsafe(Math.max(256, 2 * (this.to - this.from)))
    this.bytes.copy(kept, 0, this.from, this.to)
    this.to -= this.from
    this.from = 0
    this.bytes = kept
    this.gathered = true
  }

  /** False: the block is larger than any that we would take. */
  append(bytes: Buffer, from: number, to: number): boolean {
    const size = this.to + to - from
    if (size > this.maxBytes) return false
    if (size > this.bytes.length) {
      const grown = Buffer.allocUnsafe(size * 2)
      this.bytes.copy(grown, 0, 0, this.to)
      this.bytes = grown
    }
    bytes.copy(this.bytes, this.to, from, to)
    this.to = size
    return true
  }

  end(): void {
    this.openId = 0
    this.bytes = EMPTY
    this.gathered = false
  }
}

const EMPTY = Buffer.alloc(0)

/** The stream that a HEADERS or PRIORITY frame's stream depends on, or -1 (RFC 9113 6.2, 6.3). */
export function dependency(type: number, flags: number, bytes: Buffer, from: number, to: number): number {
  let at = from
  if (type === HEADERS) {
    if ((flags & FLAG_PRIORITY) === 0) return -1
    if ((flags & FLAG_PADDED) !== 0) at++
  }
  return at + 4 <= to ? bytes.readUInt32BE(at) & 0x7fff_ffff : -1
}
