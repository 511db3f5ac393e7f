const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193
const SECOND_OFFSET = 0x9e3779b9

/**
 * A version for a set of resources that changes in constant time when one member does: the sum of a hash of each
 * (name, version) pair. Equal sets have equal versions, in any order and after a restart. Not a cryptographic hash.
 */
export class SetHash {
  private low = 0
  private high = 0

  add(name: string, version: string): void {
    this.low = (this.low + fnv1a(name, version, FNV_OFFSET)) >>> 0
    this.high = (this.high + fnv1a(version, name, SECOND_OFFSET)) >>> 0
  }

  remove(name: string, version: string): void {
    this.low = (this.low - fnv1a(name, version, FNV_OFFSET)) >>> 0
    this.high = (this.high - fnv1a(version, name, SECOND_OFFSET)) >>> 0
  }

  text(): string {
    return hex(this.high) + hex(this.low)
  }
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
