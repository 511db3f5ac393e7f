import { lookup, Resolver } from 'node:dns/promises'

export interface NameAnswer {
  readonly addresses: readonly string[]
  /** null: the answer does not tell. */
  readonly ttlMs: number | null
}

/** Tries and time for each, in milliseconds, before a name server counts as silent. */
const ASKING = { timeout: 2000, tries: 2 } as const

/**
 * The addresses of a name and how long they hold, from name servers; what they do not know, from the system, which knows the hosts
 * file. `servers`: other ones than the system's. null: nobody knows, or nobody answers.
 */
export async function lookUpName(name: string, servers: readonly string[] = []): Promise<NameAnswer | null> {
  const resolver = new Resolver(ASKING)
  if (servers.length > 0) resolver.setServers(servers)
  const answers = await Promise.allSettled([resolver.resolve4(name, { ttl: true }), resolver.resolve6(name, { ttl: true })])
  const records = answers.flatMap(answer => (answer.status === 'fulfilled' ? answer.value : []))
  if (records.length > 0) {
    return { addresses: records.map(({ address }) => address), ttlMs: Math.min(...records.map(({ ttl }) => ttl)) * 1000 }
  }
  if (servers.length > 0) return null
  try {
    const found = await lookup(name, { all: true })
    return { addresses: found.map(({ address }) => address), ttlMs: null }
  } catch {
    return null
  }
}
