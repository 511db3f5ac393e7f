/** Flag and length before each message (gRPC over HTTP/2, "Length-Prefixed-Message"). */
const PREFIX_BYTES = 5

/** Counts the messages of one direction of a gRPC call as its bytes pass by. A message counts when it begins. */
export class MessageCounter {
  count = 0
  /** Bytes of the prefix that have come. */
  private prefix = 0
  /** Bytes of the message that are still to come. */
  private rest = 0
  private length = 0

  add(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      if (this.rest > 0) {
        const passed = Math.min(this.rest, chunk.length - at)
        this.rest -= passed
        at += passed
        continue
      }
      at = this.readPrefix(chunk, at)
    }
  }

  private readPrefix(chunk: Buffer, at: number): number {
    const byte = chunk[at] ?? 0
    if (this.prefix === 0) {
      this.count++
      this.length = 0
    } else {
      this.length = this.length * 256 + byte
    }
    this.prefix++
    if (this.prefix === PREFIX_BYTES) {
      this.prefix = 0
      this.rest = this.length
    }
    return at + 1
  }
}
