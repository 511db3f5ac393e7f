const GROUP = 4

/** Base64 that comes in pieces, cut anywhere, and may be padded in the middle (each message of its own, gRPC-Web text). */
export class Base64Decoder {
  private rest = ''

  /** No group is cut off. */
  get complete(): boolean {
    return this.rest === ''
  }

  /** The bytes of all whole groups seen so far and not returned yet; null: not base64. */
  decode(chunk: Buffer): Buffer | null {
    const text = this.rest + chunk.toString('latin1')
    const whole = text.length - (text.length % GROUP)
    this.rest = text.slice(whole)
    const body = text.slice(0, whole)
    if (!VALID.test(body)) return null
    if (!body.includes('=')) return Buffer.from(body, 'base64')
    return Buffer.concat(paddedParts(body).map(part => Buffer.from(part, 'base64')))
  }
}

/** Groups of four; padding only at the end of a group. */
const VALID = /^(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)*$/

/** The text cut behind each padded group: what follows is base64 of its own. */
function paddedParts(body: string): string[] {
  const parts: string[] = []
  let from = 0
  for (let at = body.indexOf('='); at >= 0; at = body.indexOf('=', from)) {
    const end = at - (at % GROUP) + GROUP
    parts.push(body.slice(from, end))
    from = end
  }
  parts.push(body.slice(from))
  return parts
}
