import type { StatsRegistry } from '@meshwork/core/metrics'
import type { ProxyHealth } from '../http/proxy-health.ts'
import { type AdminPage, textAnswer } from './admin-page.ts'

/** What the pages may do to the process. */
export interface ProxyControls {
  readonly health: ProxyHealth
  readonly stats: StatsRegistry
  /** Stops accepting; connections end as they become idle. */
  readonly drainListeners: (inboundOnly: boolean) => void
  /** Ends the process as SIGTERM does. */
  readonly quit: () => void
}

/** The pages that change something; all are POST. */
export function controlPages({ health, stats, drainListeners, quit }: ProxyControls): readonly AdminPage[] {
  const page = (path: string, help: string, act: (query: URLSearchParams) => void): AdminPage => ({
    path,
    help,
    changes: true,
    answer: ({ query }) => {
      act(query)
      return textAnswer('OK\n')
    },
  })
  return [
    page('/healthcheck/fail', 'make the health check filter answer 503', () => health.fail()),
    page('/healthcheck/ok', 'undo /healthcheck/fail', () => health.pass()),
    page('/reset_counters', 'set all counters and histograms to zero', () => resetCounters(stats)),
    page('/drain_listeners', 'stop accepting connections; ?graceful, ?inboundonly, ?skip_exit', query => {
      drainListeners(query.has('inboundonly'))
    }),
    page('/quitquitquit', 'stop the proxy', () => quit()),
  ]
}

function resetCounters(stats: StatsRegistry): void {
  for (const { kind, slot } of stats.metrics()) {
    if (kind === 'counter') stats.set(slot, 0)
    else if (kind === 'histogram') stats.clearHistogram(slot)
  }
}
