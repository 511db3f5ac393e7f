import { hostsOverlap } from '../kinds/index.ts'

/** Values by host patterns. Looking up a plain host costs the number of wildcards, not the number of hosts. */
export class HostIndex<T> {
  private readonly exact = new Map<string, T[]>()
  private readonly wildcards: { readonly host: string; readonly value: T }[] = []

  add(host: string, value: T): void {
    const key = host.toLowerCase()
    if (key.startsWith('*')) this.wildcards.push({ host: key, value })
    else this.exact.set(key, [...(this.exact.get(key) ?? []), value])
  }

  /** Values whose pattern stands for a host that `host` stands for too. */
  overlapping(host: string): readonly T[] {
    const key = host.toLowerCase()
    const byWildcard = this.wildcards.filter(wildcard => hostsOverlap(wildcard.host, key)).map(({ value }) => value)
    if (!key.startsWith('*')) return [...(this.exact.get(key) ?? []), ...byWildcard]
    const covered = [...this.exact].filter(([other]) => hostsOverlap(other, key)).flatMap(([, values]) => values)
    return [...covered, ...byWildcard]
  }

  /** Values of exactly this pattern. */
  equal(host: string): readonly T[] {
    const key = host.toLowerCase()
    if (key.startsWith('*')) return this.wildcards.filter(wildcard => wildcard.host === key).map(({ value }) => value)
    return this.exact.get(key) ?? []
  }
}
