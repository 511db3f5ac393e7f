import type { HpackEntry } from './hpack-entry.ts'

/** Dynamic table of a decoder (RFC 7541 2.3.2): a ring, newest entry first. */
export class HpackTable {
  /** What the peer's encoder uses at the most. */
  capacity: number
  private ring: (HpackEntry | null)[] = emptyRing(16)
  /** Where the next entry goes. */
  private next = 0
  private count = 0
  private bytes = 0

  constructor(capacity: number) {
    this.capacity = capacity
  }

  /** `age` 0 is the newest entry. Null if there is none. */
  get(age: number): HpackEntry | null {
    if (age >= this.count) return null
    return this.ring[(this.next - 1 - age) & (this.ring.length - 1)] ?? null
  }

  /** An entry larger than the table empties it (RFC 7541 4.4). */
  add(entry: HpackEntry): void {
    this.shrink(this.capacity - entry.size)
    if (entry.size > this.capacity) return
    if (this.count === this.ring.length) this.grow()
    this.ring[this.next] = entry
    this.next = (this.next + 1) & (this.ring.length - 1)
    this.count++
    this.bytes += entry.size
  }

  resize(capacity: number): void {
    this.capacity = capacity
    this.shrink(capacity)
  }

  private shrink(limit: number): void {
    while (this.bytes > limit && this.count > 0) {
      const oldest = (this.next - this.count) & (this.ring.length - 1)
      this.bytes -= this.ring[oldest]?.size ?? 0
      this.ring[oldest] = null
      this.count--
    }
  }

  private grow(): void {
    const grown = emptyRing(this.ring.length * 2)
    for (let i = 0; i < this.count; i++) grown[i] = this.get(this.count - 1 - i)
    this.ring = grown
    this.next = this.count
  }
}

function emptyRing(size: number): (HpackEntry | null)[] {
  return Array.from({ length: size }, () => null)
}
