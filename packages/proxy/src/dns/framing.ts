/** Messages over TCP, each with its length in two octets before it (RFC 1035 4.2.2). */
export function frame(message: Buffer): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  return Buffer.concat([length, message])
}

/** Takes messages out of the bytes of a connection. Holds less than one message, so at most 64 KiB. */
export class Deframer {
  private rest: Buffer = Buffer.alloc(0)

  /** All messages that `bytes` complete. */
  push(bytes: Buffer): readonly Buffer[] {
    this.rest = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes])
    const messages: Buffer[] = []
    for (;;) {
      const end = this.rest.length < 2 ? Infinity : 2 + this.rest.readUInt16BE(0)
      if (end > this.rest.length) return messages
      messages.push(this.rest.subarray(2, end))
      this.rest = this.rest.subarray(end)
    }
  }
}
