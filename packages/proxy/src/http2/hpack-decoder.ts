import type { HeaderName } from '../http/header-name.ts'
import type { FieldSection } from './field-section.ts'
import { ENTRY_OVERHEAD, FIELD_BAD, fieldKind, fieldName, HpackEntry, isFieldValue, withoutSpaces } from './hpack-entry.ts'
import { HpackTable } from './hpack-table.ts'
import { huffmanDecode, huffmanDecodedBound } from './huffman.ts'
import { LiteralCache } from './literal-cache.ts'
import { FIRST_DYNAMIC_INDEX, STATIC_NAMES, STATIC_VALUES } from './static-table.ts'

const STATIC_ENTRIES: readonly HpackEntry[] = STATIC_NAMES.map((text, index) => {
  const name = fieldName(text)
  const value = STATIC_VALUES[index] ?? ''
  return new HpackEntry(name, value, text.length, text.length + value.length + ENTRY_OVERHEAD, fieldKind(name, value))
})

/** Decoded strings of all sessions pass through here; a string is taken out before the next is decoded. */
let scratch: Buffer = Buffer.allocUnsafeSlow(4096)

/** No integer of a valid block is larger; more is refused before it can overflow. */
const MAX_INTEGER = 0x0fff_ffff

/** The peer's header compression (RFC 7541), one per direction of a connection. After a failure it is of no use. */
export class HpackDecoder {
  private readonly table: HpackTable
  private readonly literals: LiteralCache = new LiteralCache()
  /** Size that we have announced: the peer's encoder may use no more. */
  private limit: number
  /** Our limit fell below what the peer uses: its next block must begin with an update (RFC 7541 4.2). */
  private updateDue = false
  private bytes: Buffer = scratch
  private at = 0
  private end = 0
  private failed = false

  constructor(tableBytes: number) {
    this.limit = tableBytes
    this.table = new HpackTable(tableBytes)
  }

  /** The peer has acknowledged a new SETTINGS_HEADER_TABLE_SIZE. */
  setLimit(tableBytes: number): void {
    this.limit = tableBytes
    this.updateDue = this.table.capacity > tableBytes
  }

  /** Decodes one whole block into `into`, which has begun. False: the connection is lost (COMPRESSION_ERROR). */
  decode(bytes: Buffer, from: number, to: number, into: FieldSection): boolean {
    this.bytes = bytes
    this.at = from
    this.end = to
    this.failed = false
    if (!this.sizeUpdates()) return false
    while (this.at < this.end) {
      const first = bytes[this.at] ?? 0
      if (first >= 128) this.indexed(into)
      else if (first >= 64) this.literal(6, true, into)
      else if (first >= 32) return false
      else this.literal(4, false, into)
      if (this.failed) return false
    }
    return true
  }

  /** Updates stand at the start of a block, two at the most (RFC 7541 4.2). */
  private sizeUpdates(): boolean {
    let count = 0
    while (this.at < this.end && ((this.bytes[this.at] ?? 0) & 0xe0) === 0x20) {
      const size = this.integer(5)
      if (this.failed || size > this.limit || ++count > 2) return false
      this.table.resize(size)
      this.updateDue = this.table.capacity > this.limit
    }
    return !this.updateDue || this.at >= this.end
  }

  private indexed(into: FieldSection): void {
    const entry = this.entry(this.integer(7))
    if (entry === null) this.failed = true
    else into.add(entry.name, entry.value, entry.kind)
  }

  private literal(prefix: number, keep: boolean, into: FieldSection): void {
    const index = this.integer(prefix)
    if (this.failed) return
    let name: HeaderName
    let nameLength: number
    if (index === 0) {
      const text = this.text()
      if (text === null) return
      name = fieldName(text)
      nameLength = text.length
    } else {
      const entry = this.entry(index)
      if (entry === null) {
        this.failed = true
        return
      }
      name = entry.name
      nameLength = entry.nameLength
    }
    if (keep) this.keptValue(name, nameLength, into)
    else this.value(name, into)
  }

  private value(name: HeaderName, into: FieldSection): void {
    const wire = this.text()
    if (wire === null) return
    const value = withoutSpaces(wire)
    into.add(name, value, this.valid ? fieldKind(name, value) : FIELD_BAD)
  }

  private keptValue(name: HeaderName, nameLength: number, into: FieldSection): void {
    const from = this.at
    const known = this.literals.find(name, this.bytes, from, this.textEnd())
    const entry = known ?? this.newEntry(name, nameLength)
    if (entry === null) return
    if (known !== null) this.at = this.textEnd()
    else if (entry.kind !== FIELD_BAD) this.literals.put(entry, this.bytes, from, this.at)
    this.table.add(entry)
    into.add(name, entry.value, entry.kind)
  }

  private newEntry(name: HeaderName, nameLength: number): HpackEntry | null {
    const wire = this.text()
    if (wire === null) return null
    const value = withoutSpaces(wire)
    const kind = this.valid ? fieldKind(name, value) : FIELD_BAD
    return new HpackEntry(name, value, nameLength, nameLength + wire.length + ENTRY_OVERHEAD, kind)
  }

  /** Where the text at hand ends if its length takes one byte; later than anything that is cached otherwise. */
  private textEnd(): number {
    const length = (this.bytes[this.at] ?? 0) & 127
    const end = this.at + 1 + length
    return length < 127 && end <= this.end ? end : Infinity
  }

  private entry(index: number): HpackEntry | null {
    if (index >= FIRST_DYNAMIC_INDEX) return this.table.get(index - FIRST_DYNAMIC_INDEX)
    return index === 0 ? null : (STATIC_ENTRIES[index] ?? null)
  }

  /** RFC 7541 5.1. */
  private integer(prefix: number): number {
    const { bytes, end } = this
    const mask = (1 << prefix) - 1
    let value = (bytes[this.at++] ?? 0) & mask
    if (value < mask) return value
    for (let shift = 0; shift < 28 && this.at < end; shift += 7) {
      const byte = bytes[this.at++] ?? 0
      value += (byte & 127) << shift
      if (value > MAX_INTEGER) break
      if (byte < 128) return value
    }
    this.failed = true
    return 0
  }

  /** The last text has only bytes that a field value may have. */
  private valid = true

  /** A string literal (RFC 7541 5.2), or null after a failure. */
  private text(): string | null {
    const { bytes, end } = this
    if (this.at >= end) return this.fail()
    const huffman = (bytes[this.at] ?? 0) >= 128
    const length = this.integer(7)
    const start = this.at
    if (this.failed || length > end - start) return this.fail()
    this.at = start + length
    if (!huffman) {
      this.valid = isFieldValue(bytes, start, this.at)
      return bytes.toString('latin1', start, this.at)
    }
    const bound = huffmanDecodedBound(length)
    if (scratch.length < bound) scratch = Buffer.allocUnsafeSlow(bound * 2)
    const decoded = huffmanDecode(bytes, start, this.at, scratch)
    if (decoded < 0) return this.fail()
    this.valid = isFieldValue(scratch, 0, decoded)
    return scratch.toString('latin1', 0, decoded)
  }

  private fail(): null {
    this.failed = true
    return null
  }
}
