import { lookup, type RecordWithTtl, Resolver } from 'node:dns'
import type { DnsConfig } from '../../model/cluster.ts'

export interface DnsAnswer {
  readonly addresses: readonly string[]
  /** null: the answer does not tell. */
  readonly ttlMs: number | null
}

/** Finds the addresses of names. */
export interface DnsResolver {
  /** `done` is called once, later; null: the look-up failed. */
  resolve(name: string, config: DnsConfig, done: (answer: DnsAnswer | null) => void): void
}

/**
 * Names by the system's look-up (which knows the hosts file), or by questions to servers where the configuration names some
 * or wants the lifetime of the answers, with the system as second choice.
 */
export const systemDns: DnsResolver = {
  resolve(name, config, done) {
    if (isLocalhost(name)) {
      lookUp('localhost', config, done)
      return
    }
    if (config.servers.length === 0 && !config.respectTtl) {
      lookUp(name, config, done)
      return
    }
    ask(name, config, answer => {
      if (answer !== null || config.servers.length > 0) done(answer)
      else lookUp(name, config, done)
    })
  },
}

/** No server is to be asked about it (RFC 6761 6.3), and one that cannot be reached would keep everybody waiting. */
function isLocalhost(name: string): boolean {
  return /^(?:.+\.)?localhost\.?$/i.test(name)
}

type Family = 4 | 6

/** Families in the order of preference; the second counts when the first has nothing, or with it (`all`). */
function familiesOf({ family }: DnsConfig): readonly Family[] {
  switch (family) {
    case 'v4':
      return [4]
    case 'v6':
      return [6]
    case 'v4-preferred':
    case 'all':
      return [4, 6]
    case 'auto':
      return [6, 4]
  }
}

function lookUp(name: string, config: DnsConfig, done: (answer: DnsAnswer | null) => void): void {
  lookup(name, { all: true, order: 'verbatim' }, (error, found) => {
    if (error !== null) {
      done(null)
      return
    }
    const groups = familiesOf(config).map(family => found.filter(entry => entry.family === family).map(({ address }) => address))
    done(choose(groups, config, null))
  })
}

function ask(name: string, config: DnsConfig, done: (answer: DnsAnswer | null) => void): void {
  const resolver = new Resolver()
  if (config.servers.length > 0) resolver.setServers(config.servers)
  const families = familiesOf(config)
  const found: (readonly RecordWithTtl[])[] = families.map(() => [])
  let waiting = families.length
  for (const [i, family] of families.entries()) {
    const settle = (error: Error | null, records: readonly RecordWithTtl[]): void => {
      if (error === null) found[i] = records
      if (--waiting > 0) return
      const ttls = found.flat().map(({ ttl }) => ttl)
      const ttlMs = ttls.length === 0 ? null : Math.min(...ttls) * 1000
      const groups = found.map(group => group.map(({ address }) => address))
      done(choose(groups, config, ttlMs))
    }
    if (family === 4) resolver.resolve4(name, { ttl: true }, settle)
    else resolver.resolve6(name, { ttl: true }, settle)
  }
}

function choose(groups: readonly (readonly string[])[], { family }: DnsConfig, ttlMs: number | null): DnsAnswer | null {
  const addresses = family === 'all' ? groups.flat() : (groups.find(group => group.length > 0) ?? [])
  return addresses.length === 0 ? null : { addresses, ttlMs }
}
