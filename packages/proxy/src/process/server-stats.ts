import type { StatsRegistry } from '@meshwork/core/metrics'
import { type ContextCertificates, type ProxyState, serverStateOf } from '../admin/index.ts'

export interface ServerStatsSources {
  readonly state: ProxyState
  readonly health: { readonly failed: boolean }
  /** Connections of clients, over all listeners. */
  readonly connections: () => number
  /** Certificates in use. */
  readonly contexts: () => readonly ContextCertificates[]
}

/** Numbers of envoy.admin.v3.ServerInfo.State. */
const STATE_NUMBERS = { LIVE: 0, DRAINING: 1, INITIALIZING: 3 } as const

/** What Envoy shows where there is no certificate. */
const NO_CERTIFICATE_DAYS = 4_294_967_295
const DAY_MS = 86_400_000

/** `server.*`, as Envoy names it. All of it is looked up when somebody reads; nothing is kept for it. */
export function serverStats(stats: StatsRegistry, { state, health, connections, contexts }: ServerStatsSources): void {
  const scope = stats.scope('server.', 'envoy_server_', {})
  const live = scope.gauge('live')
  const number = scope.gauge('state')
  const uptime = scope.gauge('uptime')
  const total = scope.gauge('total_connections')
  const allocated = scope.gauge('memory_allocated')
  const heap = scope.gauge('memory_heap_size')
  const physical = scope.gauge('memory_physical_size')
  const days = scope.gauge('days_until_first_cert_expiring')
  stats.set(scope.gauge('concurrency'), 1)
  stats.set(scope.gauge('hot_restart_epoch'), 0)
  stats.onRead(() => {
    const now = serverStateOf(state, health)
    const memory = process.memoryUsage()
    stats.set(live, now === 'LIVE' ? 1 : 0)
    stats.set(number, STATE_NUMBERS[now])
    stats.set(uptime, Math.floor(state.uptimeMs() / 1000))
    stats.set(total, connections())
    stats.set(allocated, memory.heapUsed + memory.external)
    stats.set(heap, memory.heapTotal + memory.external)
    stats.set(physical, memory.rss)
    stats.set(days, daysLeft(contexts(), state.nowMs()))
  })
}

/** Whole days until the first certificate in use ends; 0 for one that has ended. Roots do not count, as in Envoy. */
function daysLeft(contexts: readonly ContextCertificates[], nowMs: number): number {
  const ends = contexts.flatMap(({ chain }) => chain.slice(0, 1).map(certificate => certificate.notAfterMs))
  return ends.length === 0 ? NO_CERTIFICATE_DAYS : Math.max(0, Math.floor((Math.min(...ends) - nowMs) / DAY_MS))
}
