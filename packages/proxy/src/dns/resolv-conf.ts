import { isIP } from 'node:net'

/** What a resolver is told, as far as it concerns who answers for it (resolv.conf(5)). */
export interface ResolvConf {
  readonly servers: readonly string[]
  readonly search: readonly string[]
}

/** As many as the C library reads. */
const MOST_SERVERS = 3
const MOST_SEARCH_DOMAINS = 32

export function parseResolvConf(text: string): ResolvConf {
  let search: readonly string[] = []
  const servers: string[] = []
  for (const line of text.split('\n')) {
    const [keyword, ...words] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/)
    if (keyword === 'nameserver' && words[0] !== undefined && isIP(words[0].replace(/%.*$/, '')) !== 0) servers.push(words[0])
    // The last of them counts.
    if (keyword === 'search' || keyword === 'domain') search = words.slice(0, MOST_SEARCH_DOMAINS)
  }
  return { servers: servers.slice(0, MOST_SERVERS), search }
}
