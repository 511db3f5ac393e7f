/** A 64-bit hash as two unsigned halves: bigints cost an allocation for every step. Immutable. */
export interface Hash64 {
  readonly high: number
  readonly low: number
}

/** Remainder of the hash; `divisor` below 2^26, so that products stay exact. */
export function hashModulo({ high, low }: Hash64, divisor: number): number {
  return ((high % divisor) * (0x1_0000_0000 % divisor) + (low % divisor)) % divisor
}

/** Order of the hashes as unsigned numbers: negative, zero or positive. */
export function compareHashes(a: Hash64, b: Hash64): number {
  return a.high === b.high ? a.low - b.low : a.high - b.high
}

/** The hashes of several policies as one: the order counts, and equal ones do not cancel out (as Envoy combines them). */
export function combineHashes(before: Hash64 | null, next: Hash64): Hash64 {
  if (before === null) return next
  const high = ((before.high << 1) | (before.low >>> 31)) ^ next.high
  const low = ((before.low << 1) | (before.high >>> 31)) ^ next.low
  return { high: high >>> 0, low: low >>> 0 }
}

/** A hash without a source. `random` gives numbers in [0, 1). */
export function randomHash(random: () => number): Hash64 {
  return { high: Math.floor(random() * 0x1_0000_0000), low: Math.floor(random() * 0x1_0000_0000) }
}

/** `low` as 16 hexadecimal digits. */
export function hashText({ high, low }: Hash64): string {
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0')
}
