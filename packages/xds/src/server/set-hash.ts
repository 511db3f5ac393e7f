const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193
const SECOND_OFFSET = 0x9e3779b9

interface Words {
  readonly low: number
  readonly high: number
}

/**
 * A version for a set of resources that changes in constant time when one member does: the sum of a hash of each
 * (name, version) pair. Equal sets have equal versions, in any order and after a restart. Not a cryptographic hash.
 */
export class SetHash {
  private low = 0
  private high = 0

  add(member: Versioned): void {
    const { low, high } = wordsOf(member)
    this.low = (this.low + low) >>> 0
    this.high = (this.high + high) >>> 0
  }

  remove(member: Versioned): void {
    const { low, high } = wordsOf(member)
    this.low = (this.low - low) >>> 0
    this.high = (this.high - high) >>> 0
  }

  /** Adds all members of another set, which has none of this one's. */
  addAll(other: SetHash): void {
    this.low = (this.low + other.low) >>> 0
    this.high = (this.high + other.high) >>> 0
  }

  text(): string {
    return hex(this.high) + hex(this.low)
  }
}

/** A member of a set: a resource, or what a client says that it holds. */
export interface Versioned {
  readonly name: string
  readonly version: string
}

/** Once for each resource, however many clients get it. */
const known = new WeakMap<Versioned, Words>()

function wordsOf(member: Versioned): Words {
  let words = known.get(member)
  if (words === undefined) {
    const { name, version } = member
    words = { low: fnv1a(name, version, FNV_OFFSET), high: fnv1a(version, name, SECOND_OFFSET) }
    known.set(member, words)
  }
  return words
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0')
}

/** FNV-1a over the UTF-16 units of two texts with a separator between them. */
function fnv1a(first: string, second: string, offset: number): number {
  const between = Math.imul(mix(first, offset) ^ 0xffff, FNV_PRIME)
  // A final avalanche, because sums of plain FNV values of similar texts are too regular.
  let hash = mix(second, between)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function mix(text: string, offset: number): number {
  let hash = offset
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME)
  return hash
}
