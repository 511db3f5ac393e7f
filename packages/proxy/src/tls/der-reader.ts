/** One element of DER (X.690 8.1): its identifier octet and its contents. */
export interface DerElement {
  readonly tag: number
  readonly content: Buffer
}

/** Universal types that are looked at here. */
export const DER_TAG = { integer: 0x02, octetString: 0x04, oid: 0x06, enumerated: 0x0a, generalizedTime: 0x18, sequence: 0x30 } as const

/** The identifier of `[number] EXPLICIT`. */
export function explicitTag(number: number): number {
  return 0xa0 + number
}

/** Elements of a constructed one, in order. Everything that does not lie within `bytes` is no element. */
export class DerReader {
  private readonly bytes: Buffer
  private at = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  get empty(): boolean {
    return this.at >= this.bytes.length
  }

  /** The next element if it is of this type; null, and nothing is read, if it is not. */
  optional(tag: number): Buffer | null {
    return this.bytes[this.at] === tag ? (this.next()?.content ?? null) : null
  }

  /** null: the end, or no element. Lengths of more than four octets are none of ours. */
  next(): DerElement | null {
    const { bytes, at } = this
    const tag = bytes[at]
    const first = bytes[at + 1]
    if (tag === undefined || first === undefined) return null
    const lengthOctets = first < 0x80 ? 0 : first - 0x80
    if (lengthOctets > 4 || first === 0x80 || at + 2 + lengthOctets > bytes.length) return null
    const length = lengthOctets === 0 ? first : bytes.readUIntBE(at + 2, lengthOctets)
    const start = at + 2 + lengthOctets
    if (start + length > bytes.length) return null
    this.at = start + length
    return { tag, content: bytes.subarray(start, start + length) }
  }
}

/** `20261124093000Z` (RFC 5280 4.1.2.5.2) in milliseconds since the epoch; null for anything else. */
export function parseGeneralizedTime(content: Buffer): number | null {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(content.toString('latin1'))
  if (parts === null) return null
  const [, year, month, day, hour, minute, second] = parts
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return Number.isNaN(time) ? null : time
}
