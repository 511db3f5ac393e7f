/** What a client says before anything is encrypted (RFC 8446, 4.1.2). */
export interface ClientHello {
  /** Extension server_name (RFC 6066, 3); empty when it was not sent. */
  readonly serverName: string
  /** Extension application_layer_protocol_negotiation (RFC 7301, 3.1), in the client's order. */
  readonly protocols: readonly string[]
}

const HANDSHAKE_RECORD = 22
const RECORD_HEADER = 5
/** Record header, handshake header, legacy version and random. */
const BEFORE_SESSION_ID = RECORD_HEADER + 4 + 2 + 32
const SERVER_NAME = 0
const ALPN = 16

/** Whether `bytes` begin as TLS does. False for no bytes. */
export function isTls(bytes: Buffer): boolean {
  return bytes[0] === HANDSHAKE_RECORD
}

/** Whether the first record is complete. */
export function holdsHello(bytes: Buffer): boolean {
  return bytes.length >= RECORD_HEADER && bytes.length >= RECORD_HEADER + bytes.readUInt16BE(3)
}

/** Reads bytes as they came off the wire. Throws when they are not a whole hello. */
export function parseClientHello(bytes: Buffer): ClientHello {
  let at = BEFORE_SESSION_ID
  at += 1 + bytes.readUInt8(at)
  at += 2 + bytes.readUInt16BE(at)
  at += 1 + bytes.readUInt8(at)
  const extensions = readExtensions(bytes.subarray(at + 2, at + 2 + bytes.readUInt16BE(at)))
  const name = extensions.get(SERVER_NAME)
  const protocols = extensions.get(ALPN)
  return {
    // A list with one entry: its length, the type of the name, the length of the name.
    serverName: name === undefined ? '' : name.subarray(5).toString('latin1'),
    protocols: protocols === undefined ? [] : readStrings(protocols.subarray(2)),
  }
}

function readExtensions(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const found = new Map<number, Buffer>()
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt16BE(at + 2)
    found.set(bytes.readUInt16BE(at), bytes.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return found
}

function readStrings(bytes: Buffer): readonly string[] {
  const strings: string[] = []
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt8(at)
    strings.push(bytes.subarray(at + 1, at + 1 + length).toString('latin1'))
    at += 1 + length
  }
  return strings
}
