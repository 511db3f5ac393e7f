import { HEADER_IDS, HeaderName, headerNames } from '../http/header-name.ts'
import { FIELD_VALUE, HTAB, SP, TOKEN } from '../http1/char-classes.ts'

/** What a field means to a message, decided once per table entry. */
export const FIELD_REGULAR = 0
export const FIELD_COOKIE = 1
export const FIELD_HOST = 2
export const FIELD_CONTENT_LENGTH = 3
/** Upper case, an unknown pseudo field, a field of the connection, forbidden characters (RFC 9113 8.2): malformed. */
export const FIELD_BAD = 4
export const FIELD_METHOD = 5
export const FIELD_SCHEME = 6
export const FIELD_AUTHORITY = 7
export const FIELD_PATH = 8
export const FIELD_PROTOCOL = 9
export const FIELD_STATUS = 10

/** Pseudo fields are never in a `HeaderTable`, so their names are not among the interned ones. */
export const METHOD: HeaderName = new HeaderName(':method', ':method', 0)
export const SCHEME: HeaderName = new HeaderName(':scheme', ':scheme', 0)
export const AUTHORITY: HeaderName = new HeaderName(':authority', ':authority', 0)
export const PATH: HeaderName = new HeaderName(':path', ':path', 0)
export const PROTOCOL: HeaderName = new HeaderName(':protocol', ':protocol', 0)
export const STATUS: HeaderName = new HeaderName(':status', ':status', 0)

const PSEUDO: readonly (readonly [HeaderName, number])[] = [
  [METHOD, FIELD_METHOD],
  [SCHEME, FIELD_SCHEME],
  [AUTHORITY, FIELD_AUTHORITY],
  [PATH, FIELD_PATH],
  [PROTOCOL, FIELD_PROTOCOL],
  [STATUS, FIELD_STATUS],
]
const PSEUDO_NAMES: ReadonlyMap<string, HeaderName> = new Map(PSEUDO.map(([name]) => [name.key, name]))
const PSEUDO_KINDS: ReadonlyMap<string, number> = new Map(PSEUDO.map(([name, kind]) => [name.key, kind]))

/** Stands for names that no message may have; never leaves the decoder. */
export const BAD_NAME: HeaderName = new HeaderName('', '', 0)

/** A field of the static or dynamic table. */
export class HpackEntry {
  readonly name: HeaderName
  /** Without white space around it. */
  readonly value: string
  /** Bytes of the name on the wire; a bad name is not kept. */
  readonly nameLength: number
  /** RFC 7541 4.1: length of name and value, and 32. */
  readonly size: number
  /** One of `FIELD_*`. */
  readonly kind: number

  constructor(name: HeaderName, value: string, nameLength: number, size: number, kind: number) {
    this.name = name
    this.value = value
    this.nameLength = nameLength
    this.size = size
    this.kind = kind
  }
}

export const ENTRY_OVERHEAD = 32

/** `text` as it stood on the wire, latin1. */
export function fieldName(text: string): HeaderName {
  if (text.charCodeAt(0) === 58) return PSEUDO_NAMES.get(text) ?? BAD_NAME
  if (text.length === 0) return BAD_NAME
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (TOKEN[code] !== 1 || (code >= 65 && code <= 90)) return BAD_NAME
  }
  return headerNames.of(text)
}

/** Bytes that a field value may have (RFC 9110 5.5). */
export function isFieldValue(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (FIELD_VALUE[bytes[i] ?? 0] !== 1) return false
  return true
}

/**
 * White space around a value goes as it does in HTTP/1.1. RFC 9113 8.2.1 calls it malformed, but peers in use send it (nghttp2's
 * server and client) and Envoy takes it.
 */
export function withoutSpaces(value: string): string {
  let from = 0
  let to = value.length
  while (from < to && isSpace(value.charCodeAt(from))) from++
  while (to > from && isSpace(value.charCodeAt(to - 1))) to--
  return to - from === value.length ? value : value.slice(from, to)
}

function isSpace(code: number): boolean {
  return code === SP || code === HTAB
}

/** `value` has passed `isFieldValue`. */
export function fieldKind(name: HeaderName, value: string): number {
  switch (name.id) {
    case HEADER_IDS.connection:
    case HEADER_IDS['transfer-encoding']:
    case HEADER_IDS['keep-alive']:
    case HEADER_IDS['proxy-connection']:
    case HEADER_IDS.upgrade:
      return FIELD_BAD
    case HEADER_IDS.te:
      return value.toLowerCase() === 'trailers' ? FIELD_REGULAR : FIELD_BAD
    case HEADER_IDS.cookie:
      return FIELD_COOKIE
    case HEADER_IDS.host:
      return FIELD_HOST
    case HEADER_IDS['content-length']:
      return FIELD_CONTENT_LENGTH
    default:
      if (name === BAD_NAME) return FIELD_BAD
      return name.key.charCodeAt(0) === 58 ? (PSEUDO_KINDS.get(name.key) ?? FIELD_BAD) : FIELD_REGULAR
  }
}
