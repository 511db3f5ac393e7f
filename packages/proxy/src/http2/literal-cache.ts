import type { HeaderName } from '../http/header-name.ts'
import type { HpackEntry } from './hpack-entry.ts'

const SLOTS = 32
/** Longer values are decoded each time; bytes on the wire, the length before them included. */
const MAX_BYTES = 64

/**
 * Fields that a peer sent as literals to be kept, by name and by the bytes of their value on the wire. Some encoders (nginx)
 * never make use of the table that they fill: what they repeat is then recognised without decoding it again. One per decoder,
 * so that nobody learns from the time it takes what other connections carry.
 */
export class LiteralCache {
  private entries: (HpackEntry | null)[] | null = null
  private wires: Uint8Array = NOTHING
  private lengths: Uint8Array = NOTHING

  /** The field whose value stands between `from` and `to`, if it was put before. */
  find(name: HeaderName, bytes: Uint8Array, from: number, to: number): HpackEntry | null {
    const { entries, wires } = this
    const length = to - from
    if (entries === null || length > MAX_BYTES) return null
    const slot = slotOf(name, bytes, from, to)
    const entry = entries[slot] ?? null
    if (entry === null || entry.name !== name || this.lengths[slot] !== length) return null
    const start = slot * MAX_BYTES
    for (let i = 0; i < length; i++) if (wires[start + i] !== bytes[from + i]) return null
    return entry
  }

  put(entry: HpackEntry, bytes: Uint8Array, from: number, to: number): void {
    const length = to - from
    if (length > MAX_BYTES) return
    const entries = this.entries ?? this.begin()
    const slot = slotOf(entry.name, bytes, from, to)
    entries[slot] = entry
    this.lengths[slot] = length
    const start = slot * MAX_BYTES
    for (let i = 0; i < length; i++) this.wires[start + i] = bytes[from + i] ?? 0
  }

  private begin(): (HpackEntry | null)[] {
    const entries = Array.from({ length: SLOTS }, () => null)
    this.entries = entries
    this.wires = new Uint8Array(SLOTS * MAX_BYTES)
    this.lengths = new Uint8Array(SLOTS)
    return entries
  }
}

const NOTHING = new Uint8Array(0)

function slotOf(name: HeaderName, bytes: Uint8Array, from: number, to: number): number {
  const last = bytes[to - 1] ?? 0
  const middle = bytes[(from + to) >> 1] ?? 0
  return (name.id * 7 + name.key.length * 11 + (to - from) * 3 + last * 5 + middle) & (SLOTS - 1)
}
