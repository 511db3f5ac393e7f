import type { TransportSocketMatch } from '../model/cluster.ts'
import { ClientTlsContext } from '../tls/client-context.ts'
import type { SecretProvider } from '../tls/secrets.ts'
import { TlsStats } from '../tls/tls-stats.ts'
import type { ClusterStats } from './cluster-stats.ts'
import type { SocketRule } from './upstream-socket.ts'

/** The ways to secure connections to the hosts of a cluster, by criteria on their metadata. */
export class TransportSockets {
  private readonly matches: readonly { readonly criteria: Readonly<Record<string, string>>; readonly rule: SocketRule }[]

  constructor(matches: readonly TransportSocketMatch[], secrets: SecretProvider, clusterStats: ClusterStats) {
    const stats = matches.some(({ tls }) => tls !== null) ? new TlsStats(clusterStats.registry, clusterStats.scope) : null
    this.matches = matches.map(({ criteria, tls, proxyHeader }) => ({
      criteria,
      rule: { tls: tls === null || stats === null ? null : new ClientTlsContext(tls, secrets, stats), proxyHeader },
    }))
  }

  /** Upstreams learn who a connection is for. */
  get tellClients(): boolean {
    return this.matches.some(({ rule }) => rule.proxyHeader !== null)
  }

  /** The first whose criteria these labels meet. null: plain text. */
  forLabels(labels: unknown): SocketRule | null {
    return this.matches.find(({ criteria }) => meets(labels, criteria))?.rule ?? null
  }
}

function meets(labels: unknown, criteria: Readonly<Record<string, string>>): boolean {
  const wanted = Object.entries(criteria)
  if (wanted.length === 0) return true
  if (typeof labels !== 'object' || labels === null) return false
  const present = new Map<string, unknown>(Object.entries(labels))
  return wanted.every(([name, value]) => present.get(name) === value)
}
