/** RouteConfiguration.virtual_hosts and VirtualHost.routes. */
const VIRTUAL_HOSTS = 2
const ROUTES = 3
/** Wire types (protobuf.dev, "Message Structure"). */
const VARINT = 0
const FIXED64 = 1
const LENGTH_DELIMITED = 2
const FIXED32 = 5

/**
 * How many routes an encoded RouteConfiguration holds, without decoding it: that would take a thousand times as long. Of malformed
 * bytes it counts what it can read; the decoder refuses them.
 */
export function countRoutes(bytes: Uint8Array): number {
  let routes = 0
  const scan = new WireScan(bytes)
  scan.each(0, bytes.length, VIRTUAL_HOSTS, (from, to) => scan.each(from, to, ROUTES, () => routes++))
  return routes
}

/** Walks over the fields of encoded messages. */
class WireScan {
  private readonly bytes: Uint8Array
  private at = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  /** Calls back with the place of every length-delimited field `number` of the message between `from` and `to`. */
  each(from: number, to: number, number: number, found: (from: number, to: number) => void): void {
    this.at = from
    while (this.at < to) {
      const tag = this.varint()
      if ((tag & 7) !== LENGTH_DELIMITED) {
        if (!this.skip(tag & 7)) return
        continue
      }
      const length = this.varint()
      const end = this.at + length
      if (end > to) return
      if (tag >>> 3 === number) found(this.at, end)
      this.at = end
    }
  }

  /** False: this is no field. */
  private skip(wireType: number): boolean {
    if (wireType === VARINT) this.varint()
    else if (wireType === FIXED64) this.at += 8
    else if (wireType === FIXED32) this.at += 4
    else return false
    return true
  }

  /** Past the end it reads zeros. Larger numbers than 2^53 do not occur as tags and lengths. */
  private varint(): number {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = this.bytes[this.at++] ?? 0
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 128
    }
  }
}
