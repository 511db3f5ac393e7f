import type { Http2Stream } from './http2-stream.ts'

const FIRST_SLOTS = 16
/** Streams that stay open while so many others come and go do not meet a newer one in their slot. */
const MAX_SLOTS = 1024

/**
 * The open streams of a session, by id. Ids count up, so the low bits of an id are its place; few streams that stay open for long
 * go where there is room. A `Map` of streams that come and go makes a new table every few streams, and the old tables, once they
 * are old, keep dead streams from being collected while they are young: measured, that doubled the cost of collection.
 */
export class StreamTable<Owner> {
  size = 0
  private slots: (Http2Stream<Owner> | null)[] = emptySlots(FIRST_SLOTS)
  /** Streams whose place is taken. */
  private readonly displaced = new Map<number, Http2Stream<Owner>>()

  get(id: number): Http2Stream<Owner> | null {
    const { slots } = this
    const stream = slots[(id >> 1) & (slots.length - 1)] ?? null
    if (stream !== null && stream.id === id) return stream
    return this.displaced.size === 0 ? null : (this.displaced.get(id) ?? null)
  }

  has(id: number): boolean {
    return this.get(id) !== null
  }

  /** The stream's id is not in the table. */
  add(stream: Http2Stream<Owner>): void {
    this.size++
    while (!this.place(stream)) {
      if (this.slots.length >= MAX_SLOTS) {
        this.displaced.set(stream.id, stream)
        return
      }
      this.grow()
    }
  }

  delete(stream: Http2Stream<Owner>): void {
    const { slots } = this
    const at = (stream.id >> 1) & (slots.length - 1)
    if (slots[at] === stream) slots[at] = null
    else if (!this.displaced.delete(stream.id)) return
    this.size--
  }

  /** All streams of this moment, oldest first: they may be deleted meanwhile. */
  all(): readonly Http2Stream<Owner>[] {
    const all = this.slots.filter(stream => stream !== null)
    all.push(...this.displaced.values())
    return all.toSorted((a, b) => a.id - b.id)
  }

  private place(stream: Http2Stream<Owner>): boolean {
    const { slots } = this
    const at = (stream.id >> 1) & (slots.length - 1)
    if (slots[at] !== null) return false
    slots[at] = stream
    return true
  }

  /** What is apart with few slots is apart with more. */
  private grow(): void {
    const { slots } = this
    this.slots = emptySlots(slots.length * 2)
    for (const stream of slots) if (stream !== null) this.place(stream)
  }
}

function emptySlots<Owner>(count: number): (Http2Stream<Owner> | null)[] {
  return Array.from({ length: count }, () => null)
}
