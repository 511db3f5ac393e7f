/** What a TLS client says before the handshake proper (RFC 8446 4.1.2). */
export interface ClientHello {
  readonly serverName: string
  readonly alpn: readonly string[]
  /** It asks for an OCSP staple (RFC 6066 8). */
  readonly wantsStaple: boolean
  /** It can check signatures of ECDSA keys (RFC 8446 4.2.3). */
  readonly knowsEcdsa: boolean
}

export type HelloOutcome =
  | { readonly kind: 'more' }
  | { readonly kind: 'not-tls' }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'hello'; readonly hello: ClientHello }

const HANDSHAKE_RECORD = 22
const CLIENT_HELLO = 1
const SERVER_NAME = 0
const STATUS_REQUEST = 5
const SIGNATURE_ALGORITHMS = 13
const ALPN = 16
/** With SHA-256, SHA-384 and SHA-512. */
const ECDSA_SIGNATURES: ReadonlySet<number> = new Set([0x0403, 0x0503, 0x0603])
/** Longest ClientHello that is read. */
const MAX_HELLO_BYTES = 65_536
/** Longest record that TLS knows (RFC 8446 5.2): what claims more is another protocol. */
const MAX_RECORD_BYTES = 16_384 + 256
/** Records that a ClientHello may be cut into; real clients use one or two. */
const MAX_RECORDS = 512

const MORE: HelloOutcome = { kind: 'more' }
const NOT_TLS: HelloOutcome = { kind: 'not-tls' }
const TOO_LARGE: HelloOutcome = { kind: 'too-large' }

/** Reads the ClientHello at the start of a connection without taking part in the handshake. Total over any bytes. */
export function readClientHello(bytes: Buffer): HelloOutcome {
  if (bytes.length > 0 && bytes[0] !== HANDSHAKE_RECORD) return NOT_TLS
  if (bytes.length > 1 && bytes[1] !== 3) return NOT_TLS
  if (bytes.length > 4 && bytes.readUInt16BE(3) > MAX_RECORD_BYTES) return NOT_TLS
  if (bytes.length > 5 && bytes[5] !== CLIENT_HELLO) return NOT_TLS
  if (bytes.length > MAX_HELLO_BYTES) return TOO_LARGE
  const size = payloadSize(bytes)
  if (size < 0) return size === OTHER_RECORD ? NOT_TLS : TOO_LARGE
  if (size < 4) return MORE
  const length = messageLength(bytes)
  if (length > MAX_HELLO_BYTES) return TOO_LARGE
  if (size < length) return MORE
  const message = joinRecords(bytes)
  return { kind: 'hello', hello: parseHello(new Reader(message.subarray(4, length))) }
}

const OTHER_RECORD = -1
const TOO_MANY_RECORDS = -2

/** Bytes of handshake messages in the records so far, or one of the negative answers. */
function payloadSize(bytes: Buffer): number {
  let size = 0
  let records = 0
  for (let at = 0; at + 5 <= bytes.length; records++) {
    // A client may send more right behind its hello, such as early data.
    if (bytes[at] !== HANDSHAKE_RECORD) return isComplete(bytes.subarray(0, at), size) ? size : OTHER_RECORD
    if (records === MAX_RECORDS) return isComplete(bytes.subarray(0, at), size) ? size : TOO_MANY_RECORDS
    const length = bytes.readUInt16BE(at + 3)
    size += Math.min(length, bytes.length - at - 5)
    at += 5 + length
  }
  return size
}

/** The records so far decide. */
function isComplete(bytes: Buffer, size: number): boolean {
  if (size < 4) return false
  const length = messageLength(bytes)
  return length > MAX_HELLO_BYTES || size >= length
}

/** Length of the first message with its header, which may itself be spread over records. At least 4 bytes are there. */
function messageLength(bytes: Buffer): number {
  const inOneRecord = bytes.readUInt16BE(3) >= 4
  return 4 + (inOneRecord ? bytes.readUIntBE(6, 3) : joinRecords(bytes).readUIntBE(1, 3))
}

/** Payloads of the handshake records so far; a hello may be cut into several. */
function joinRecords(bytes: Buffer): Buffer {
  const parts: Buffer[] = []
  let at = 0
  while (at + 5 <= bytes.length) {
    const length = bytes.readUInt16BE(at + 3)
    parts.push(bytes.subarray(at + 5, Math.min(at + 5 + length, bytes.length)))
    at += 5 + length
  }
  return Buffer.concat(parts)
}

/** Reads within bounds; what lies beyond reads as zeros and empty. */
class Reader {
  private readonly bytes: Buffer
  private at = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  get empty(): boolean {
    return this.at >= this.bytes.length
  }

  skip(count: number): void {
    this.at += count
  }

  uint8(): number {
    return this.bytes[this.at++] ?? 0
  }

  uint16(): number {
    return this.uint8() * 256 + this.uint8()
  }

  take(count: number): Buffer {
    const part = this.bytes.subarray(this.at, this.at + count)
    this.at += count
    return part
  }
}

function parseHello(reader: Reader): ClientHello {
  reader.skip(34)
  reader.skip(reader.uint8())
  reader.skip(reader.uint16())
  reader.skip(reader.uint8())
  const extensions = new Reader(reader.take(reader.uint16()))
  let serverName = ''
  let alpn: readonly string[] = []
  let wantsStaple = false
  let knowsEcdsa = false
  while (!extensions.empty) {
    const type = extensions.uint16()
    const body = new Reader(extensions.take(extensions.uint16()))
    if (type === SERVER_NAME) serverName = parseServerName(body)
    else if (type === ALPN) alpn = parseAlpn(body)
    else if (type === STATUS_REQUEST) wantsStaple = true
    else if (type === SIGNATURE_ALGORITHMS) knowsEcdsa = parseKnowsEcdsa(body)
  }
  return { serverName, alpn, wantsStaple, knowsEcdsa }
}

function parseKnowsEcdsa(reader: Reader): boolean {
  reader.skip(2)
  while (!reader.empty) if (ECDSA_SIGNATURES.has(reader.uint16())) return true
  return false
}

function parseServerName(reader: Reader): string {
  reader.skip(2)
  const isHostName = reader.uint8() === 0
  const name = reader.take(reader.uint16()).toString('latin1').toLowerCase()
  return isHostName ? name : ''
}

function parseAlpn(reader: Reader): readonly string[] {
  const names: string[] = []
  reader.skip(2)
  while (!reader.empty) names.push(reader.take(reader.uint8()).toString('latin1'))
  return names
}
