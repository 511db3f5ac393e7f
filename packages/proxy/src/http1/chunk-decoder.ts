import { CR, FIELD_VALUE, HEX_VALUE, HTAB, LF, SEMICOLON, SP } from './char-classes.ts'

const SIZE_FIRST = 0
const SIZE_MORE = 1
const SPACE = 2
const EXTENSION = 3
const SIZE_LF = 4
const DATA = 5
const DATA_CR = 6
const DATA_LF = 7

/** What `step` found. */
export const CHUNK_MORE = 0
export const CHUNK_DATA = 1
export const CHUNK_LAST = 2
export const CHUNK_BAD = 3

/** 12 digits stay below 2^53. */
const MAX_SIZE_DIGITS = 12
/** Bytes of extensions that a whole message may have: they carry nothing we use. */
const MAX_EXTENSION_BYTES = 16_384

/** The chunked coding (RFC 9112 7.1) without trailers. After `CHUNK_LAST` comes the trailer section. */
export class ChunkDecoder {
  /** Where the next call continues. */
  at = 0
  /** Bounds of the data after `CHUNK_DATA`. */
  dataStart = 0
  dataEnd = 0
  private state = SIZE_FIRST
  private remaining = 0
  private digits = 0
  private extensionBytes = 0

  reset(): void {
    this.state = SIZE_FIRST
    this.extensionBytes = 0
  }

  /** Decodes from `this.at` to `to` until there is data, the end, or nothing more. */
  step(bytes: Uint8Array, to: number): number {
    while (this.at < to) {
      if (this.state === DATA) return this.takeData(to)
      const outcome = this.byte(bytes[this.at++] ?? 0)
      if (outcome !== CHUNK_MORE) return outcome
    }
    return CHUNK_MORE
  }

  private takeData(to: number): number {
    const size = Math.min(this.remaining, to - this.at)
    this.dataStart = this.at
    this.at += size
    this.dataEnd = this.at
    this.remaining -= size
    if (this.remaining === 0) this.state = DATA_CR
    return CHUNK_DATA
  }

  private byte(byte: number): number {
    switch (this.state) {
      case SIZE_FIRST:
        return this.firstDigit(byte)
      case SIZE_MORE:
        return this.furtherDigit(byte)
      case SPACE:
        return byte === SP || byte === HTAB ? this.extensionByte() : byte === SEMICOLON ? this.to(EXTENSION) : CHUNK_BAD
      case EXTENSION:
        return byte === CR ? this.to(SIZE_LF) : FIELD_VALUE[byte] === 1 ? this.extensionByte() : CHUNK_BAD
      case SIZE_LF:
        return this.sizeEnd(byte)
      case DATA_CR:
        return byte === CR ? this.to(DATA_LF) : CHUNK_BAD
      default:
        return byte === LF ? this.to(SIZE_FIRST) : CHUNK_BAD
    }
  }

  private to(state: number): number {
    this.state = state
    return CHUNK_MORE
  }

  private firstDigit(byte: number): number {
    const value = HEX_VALUE[byte] ?? 255
    if (value === 255) return CHUNK_BAD
    this.remaining = value
    this.digits = 1
    return this.to(SIZE_MORE)
  }

  private furtherDigit(byte: number): number {
    const value = HEX_VALUE[byte] ?? 255
    if (value !== 255) {
      if (++this.digits > MAX_SIZE_DIGITS) return CHUNK_BAD
      this.remaining = this.remaining * 16 + value
      return CHUNK_MORE
    }
    if (byte === CR) return this.to(SIZE_LF)
    if (byte === SEMICOLON) return this.to(EXTENSION)
    return byte === SP || byte === HTAB ? this.to(SPACE) : CHUNK_BAD
  }

  private extensionByte(): number {
    return ++this.extensionBytes > MAX_EXTENSION_BYTES ? CHUNK_BAD : CHUNK_MORE
  }

  private sizeEnd(byte: number): number {
    if (byte !== LF) return CHUNK_BAD
    if (this.remaining === 0) return CHUNK_LAST
    return this.to(DATA)
  }
}
