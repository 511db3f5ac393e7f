import { isIPv4 } from 'node:net'

/** An IP address as its bytes, 4 or 16 of them; null when the text is none. IPv4 in IPv6 form counts as IPv4. */
export function ipBytes(address: string): Uint8Array | null {
  if (isIPv4(address)) return Uint8Array.from(address.split('.'), Number)
  const zone = address.indexOf('%')
  const groups = expandIPv6(zone < 0 ? address : address.slice(0, zone))
  if (groups === null) return null
  const bytes = new Uint8Array(16)
  for (const [i, group] of groups.entries()) {
    bytes[i * 2] = group >> 8
    bytes[i * 2 + 1] = group & 0xff
  }
  return isMappedIPv4(groups) ? bytes.subarray(12) : bytes
}

function isMappedIPv4(groups: readonly number[]): boolean {
  return groups[5] === 0xffff && groups.slice(0, 5).every(group => group === 0)
}

function expandIPv6(address: string): readonly number[] | null {
  const [head = '', tail, ...more] = address.split('::')
  if (more.length > 0 || !address.includes(':')) return null
  const left = groupsOf(head)
  const right = tail === undefined ? [] : groupsOf(tail)
  const missing = 8 - left.length - right.length
  if (tail === undefined ? missing !== 0 : missing < 1) return null
  const groups = [...left, ...Array.from({ length: missing }, () => 0), ...right]
  return groups.every(group => group >= 0 && group <= 0xffff) ? groups : null
}

/** Groups of 16 bits; -1 stands for what is none. */
function groupsOf(text: string): readonly number[] {
  if (text === '') return []
  return text.split(':').flatMap(part => {
    if (isIPv4(part)) {
      const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number)
      return [a * 256 + b, c * 256 + d]
    }
    return [/^[0-9a-fA-F]{1,4}$/.test(part) ? Number.parseInt(part, 16) : -1]
  })
}

/**
 * Values by IP range; the longest range that holds an address wins. A look-up costs one map access per distinct length of
 * prefix (at most 33 or 129), however many ranges there are.
 */
export class IpPrefixMap<T> {
  private readonly v4 = new Map<number, Map<string, T>>()
  private readonly v6 = new Map<number, Map<string, T>>()
  private v4Lengths: readonly number[] = []
  private v6Lengths: readonly number[] = []

  get(bytes: Uint8Array | null, prefixLength: number): T | undefined {
    if (bytes === null) return undefined
    return this.family(bytes).get(prefixLength)?.get(masked(bytes, prefixLength))
  }

  set(bytes: Uint8Array, prefixLength: number, value: T): void {
    const family = this.family(bytes)
    const ranges = family.get(prefixLength) ?? new Map<string, T>()
    family.set(prefixLength, ranges)
    ranges.set(masked(bytes, prefixLength), value)
    this.v4Lengths = longestFirst(this.v4)
    this.v6Lengths = longestFirst(this.v6)
  }

  /** The value of the narrowest range that holds the address. */
  find(bytes: Uint8Array): T | undefined {
    const family = this.family(bytes)
    for (const length of bytes.length === 4 ? this.v4Lengths : this.v6Lengths) {
      const found = family.get(length)?.get(masked(bytes, length))
      if (found !== undefined) return found
    }
    return undefined
  }

  /** The values of all ranges that hold the address, narrowest first. */
  holding(bytes: Uint8Array): readonly T[] {
    const family = this.family(bytes)
    const found: T[] = []
    for (const length of bytes.length === 4 ? this.v4Lengths : this.v6Lengths) {
      const value = family.get(length)?.get(masked(bytes, length))
      if (value !== undefined) found.push(value)
    }
    return found
  }

  private family(bytes: Uint8Array): Map<number, Map<string, T>> {
    return bytes.length === 4 ? this.v4 : this.v6
  }
}

function longestFirst(family: ReadonlyMap<number, unknown>): readonly number[] {
  return [...family.keys()].toSorted((a, b) => b - a)
}

/** The first `bits` bits as a string of bytes; the rest does not count. */
function masked(bytes: Uint8Array, bits: number): string {
  const whole = bits >> 3
  let key = ''
  for (let i = 0; i < whole; i++) key += String.fromCharCode(bytes[i] ?? 0)
  const rest = bits & 7
  return rest === 0 ? key : key + String.fromCharCode((bytes[whole] ?? 0) & (0xff00 >> rest))
}
