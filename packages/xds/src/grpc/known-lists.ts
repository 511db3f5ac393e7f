import { wireFields } from './wire.ts'

/** A list of names as it came, and decoded. Without bytes it is one that nobody remembers. */
export interface KnownList {
  readonly bytes: Buffer
  /** Frozen if it is remembered: equal lists are then the same object. */
  readonly names: readonly string[]
}

/** Lists kept at most, and their bytes together; beyond that all are forgotten and learned again. */
const MOST_LISTS = 4096
const MOST_BYTES = 32 * 1024 * 1024
/** Shorter lists are not worth a look-up. */
const SHORTEST_LIST_BYTES = 64
const NOT_KEPT = Buffer.alloc(0)

/** Remembers lists of names by their bytes. */
export class KnownLists {
  private readonly byKey = new Map<number, KnownList[]>()
  private count = 0
  private bytes = 0

  /** `encoded`: fields with the number `field` and nothing else. */
  of(encoded: Buffer, field: number): KnownList {
    if (encoded.length < SHORTEST_LIST_BYTES) return { bytes: NOT_KEPT, names: namesOf(encoded, field) }
    const key = keyOf(encoded)
    const known = this.byKey.get(key) ?? []
    const same = known.find(list => list.bytes.equals(encoded))
    if (same !== undefined) return same
    this.count++
    this.bytes += encoded.length
    if (this.count > MOST_LISTS || this.bytes > MOST_BYTES) this.forget()
    const list = { bytes: Buffer.from(encoded), names: Object.freeze(namesOf(encoded, field)) }
    this.byKey.set(key, [...known, list])
    return list
  }

  private forget(): void {
    this.byKey.clear()
    this.count = 1
    this.bytes = 0
  }
}

function namesOf(encoded: Buffer, field: number): readonly string[] {
  return (wireFields(encoded) ?? []).filter(each => each.field === field).map(({ from, to }) => encoded.toString('utf8', from, to))
}

/** Cheap, and good enough to keep lists apart that differ in length or in a few samples; equality is checked in full. */
function keyOf(bytes: Buffer): number {
  let key = bytes.length
  const step = Math.max(1, bytes.length >>> 5)
  for (let at = bytes.length - 1; at >= 0; at -= step) key = (Math.imul(key, 31) + (bytes[at] ?? 0)) | 0
  return key
}
