import { HEADER_IDS, type HeaderName } from '../http/header-name.ts'
import type { HeaderTable } from '../http/header-table.ts'
import type { ByteWriter } from './byte-writer.ts'
import { EncoderName } from './encoder-name.ts'
import { ENTRY_OVERHEAD } from './hpack-entry.ts'
import { huffmanEncode, huffmanEncodedLength } from './huffman.ts'
import { FIRST_DYNAMIC_INDEX } from './static-table.ts'

const INDEXED = 0x80
const LITERAL_KEPT = 0x40
const LITERAL = 0x00
const LITERAL_NEVER = 0x10
const SIZE_UPDATE = 0x20

/** A field larger than this is not kept: it would push out many that come again. */
const MAX_KEPT_SHARE = 4
/** Names that are remembered; further ones are sent as literals. */
const MAX_NAMES = 256
/** Names of more bytes are sent as literals too. */
const MAX_REMEMBERED_NAME = 64

/** Length of integers and prefixes around one field at the most. */
const FIELD_OVERHEAD = 16

/**
 * Our header compression (RFC 7541). Fields that come again are one byte from the second time on; those that never come again
 * are soon no longer kept; credentials never are. Huffman coding is used only for what is kept, because it costs more than it saves.
 */
export class HpackEncoder {
  private readonly names = new Map<HeaderName, EncoderName>()
  /** The most we use whatever the peer allows. */
  private readonly ownLimit: number
  private capacity: number
  private smallestUpdate = -1
  /** Sizes of live entries, oldest first, in a ring. Entry numbers count up from 1. */
  private readonly sizes: Uint16Array
  private inserted = 0
  private evicted = 0
  private bytes = 0

  constructor(tableBytes: number) {
    this.ownLimit = tableBytes
    this.capacity = Math.min(tableBytes, DEFAULT_TABLE_BYTES)
    if (this.capacity < DEFAULT_TABLE_BYTES) this.smallestUpdate = this.capacity
    this.sizes = new Uint16Array(ringSize(tableBytes))
  }

  /** The peer's SETTINGS_HEADER_TABLE_SIZE. */
  setPeerLimit(tableBytes: number): void {
    const capacity = Math.min(tableBytes, this.ownLimit)
    if (capacity === this.capacity) return
    this.smallestUpdate = this.smallestUpdate < 0 ? capacity : Math.min(this.smallestUpdate, capacity)
    this.capacity = capacity
    this.evict(this.smallestUpdate)
  }

  /** Must come before the first field of each block. */
  begin(out: ByteWriter): void {
    if (this.smallestUpdate < 0) return
    out.reserve(2 * FIELD_OVERHEAD)
    if (this.smallestUpdate < this.capacity) integer(out, SIZE_UPDATE, 5, this.smallestUpdate)
    integer(out, SIZE_UPDATE, 5, this.capacity)
    this.smallestUpdate = -1
  }

  /** All lines but those that HTTP/2 does not have (RFC 9113 8.2.2) and `host`, which is `:authority`. */
  table(headers: HeaderTable, out: ByteWriter): void {
    const { names, values } = headers
    for (let i = 0; i < names.length; i++) {
      const name = names[i]
      if (name !== undefined && (name.id === 0 || isSent(name.id, values[i] ?? ''))) this.field(name, values[i] ?? '', out)
    }
  }

  /** A static entry with name and value. */
  static(index: number, out: ByteWriter): void {
    out.reserve(1)
    out.uint8(INDEXED | index)
  }

  field(name: HeaderName, value: string, out: ByteWriter): void {
    const known = this.names.get(name) ?? this.remember(name)
    if (known === null) {
      this.literal(LITERAL, 4, name.key, 0, value, out)
      return
    }
    const number = known.find(value)
    if (number > this.evicted) {
      known.hit()
      out.reserve(FIELD_OVERHEAD)
      integer(out, INDEXED, 7, FIRST_DYNAMIC_INDEX + this.inserted - number)
      return
    }
    this.miss(known, value, out)
  }

  private miss(known: EncoderName, value: string, out: ByteWriter): void {
    const size = known.key.length + value.length + ENTRY_OVERHEAD
    const index = this.nameIndex(known)
    if (isSecret(known.id, value)) {
      this.literal(LITERAL_NEVER, 4, known.key, index, value, out)
    } else if (size * MAX_KEPT_SHARE > this.capacity || !known.worthKeeping()) {
      this.literal(LITERAL, 4, known.key, index, value, out)
    } else {
      this.keptLiteral(known.key, index, value, out)
      this.insert(size)
      known.kept(value, this.inserted)
    }
  }

  /** Of the static table, else of a live entry with this name, else 0. */
  private nameIndex(known: EncoderName): number {
    if (known.staticIndex > 0) return known.staticIndex
    return known.newest > this.evicted ? FIRST_DYNAMIC_INDEX + this.inserted - known.newest : 0
  }

  private remember(name: HeaderName): EncoderName | null {
    if (this.names.size >= MAX_NAMES || name.key.length > MAX_REMEMBERED_NAME) return null
    const known = new EncoderName(name)
    this.names.set(name, known)
    return known
  }

  private literal(form: number, prefix: number, key: string, index: number, value: string, out: ByteWriter): void {
    out.reserve(key.length + value.length + FIELD_OVERHEAD)
    integer(out, form, prefix, index)
    if (index === 0) plain(key, out)
    plain(value, out)
  }

  private keptLiteral(key: string, index: number, value: string, out: ByteWriter): void {
    out.reserve(key.length + value.length + FIELD_OVERHEAD)
    integer(out, LITERAL_KEPT, 6, index)
    if (index === 0) short(key, out)
    short(value, out)
  }

  private insert(size: number): void {
    this.evict(this.capacity - size)
    this.sizes[this.inserted & (this.sizes.length - 1)] = size
    this.inserted++
    this.bytes += size
  }

  private evict(limit: number): void {
    while (this.bytes > limit && this.evicted < this.inserted) {
      this.bytes -= this.sizes[this.evicted & (this.sizes.length - 1)] ?? 0
      this.evicted++
    }
  }
}

/** What a decoder allows before it says otherwise (RFC 9113 6.5.2). */
const DEFAULT_TABLE_BYTES = 4096

function ringSize(tableBytes: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(2, tableBytes / ENTRY_OVERHEAD + 1)))
}

function isSent(id: number, value: string): boolean {
  switch (id) {
    case HEADER_IDS.host:
    case HEADER_IDS.connection:
    case HEADER_IDS['transfer-encoding']:
    case HEADER_IDS['keep-alive']:
    case HEADER_IDS['proxy-connection']:
    case HEADER_IDS.upgrade:
    case HEADER_IDS['http2-settings']:
      return false
    case HEADER_IDS.te:
      return value === 'trailers'
    default:
      return true
  }
}

/** Short cookies could be guessed through the table (RFC 7541 7.1.3). */
const MIN_KEPT_COOKIE = 20

function isSecret(id: number, value: string): boolean {
  return (
    id === HEADER_IDS.authorization ||
    id === HEADER_IDS['proxy-authorization'] ||
    (id === HEADER_IDS.cookie && value.length < MIN_KEPT_COOKIE)
  )
}

/** RFC 7541 5.1. */
function integer(out: ByteWriter, form: number, prefix: number, value: number): void {
  const mask = (1 << prefix) - 1
  if (value < mask) {
    out.uint8(form | value)
    return
  }
  out.uint8(form | mask)
  let rest = value - mask
  while (rest >= 128) {
    out.uint8((rest & 127) | 128)
    rest >>>= 7
  }
  out.uint8(rest)
}

function plain(text: string, out: ByteWriter): void {
  integer(out, 0, 7, text.length)
  out.latin1(text)
}

function short(text: string, out: ByteWriter): void {
  const length = huffmanEncodedLength(text)
  if (length >= text.length) {
    plain(text, out)
    return
  }
  integer(out, 0x80, 7, length)
  out.at = huffmanEncode(text, out.bytes, out.at)
}
