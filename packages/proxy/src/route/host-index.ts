/**
 * Things by domain (VirtualHost.domains): exact names, then the longest `*.suffix`, then the longest `prefix.*`, then `*`.
 * Each step is a look-up by hash, wildcards once for each length there is (names have at most 253 characters).
 */
export class HostIndex<T> {
  private readonly exact = new Map<string, T>()
  private readonly suffixes = new Map<string, T>()
  private readonly prefixes = new Map<string, T>()
  /** Of the keys, longest first, each once. */
  private readonly suffixLengths: number[] = []
  private readonly prefixLengths: number[] = []
  private fallback: T | null = null

  /** `domain` is lower-case. */
  add(domain: string, value: T): void {
    if (domain === '*') {
      this.fallback = value
    } else if (domain.startsWith('*')) {
      this.suffixes.set(domain.slice(1), value)
      noteLength(this.suffixLengths, domain.length - 1)
    } else if (domain.endsWith('*')) {
      this.prefixes.set(domain.slice(0, -1), value)
      noteLength(this.prefixLengths, domain.length - 1)
    } else {
      this.exact.set(domain, value)
    }
  }

  /** A name that is listed as it stands, or null: no other can win over it. */
  findExact(name: string): T | null {
    return this.exact.get(name) ?? null
  }

  /** `name` is lower-case. */
  find(name: string): T | null {
    return this.exact.get(name) ?? this.findWildcard(name) ?? this.fallback
  }

  private findWildcard(name: string): T | null {
    for (const length of this.suffixLengths) {
      const found = length < name.length ? this.suffixes.get(name.slice(name.length - length)) : undefined
      if (found !== undefined) return found
    }
    for (const length of this.prefixLengths) {
      const found = length < name.length ? this.prefixes.get(name.slice(0, length)) : undefined
      if (found !== undefined) return found
    }
    return null
  }
}

function noteLength(lengths: number[], length: number): void {
  if (lengths.includes(length)) return
  lengths.push(length)
  lengths.sort((a, b) => b - a)
}
