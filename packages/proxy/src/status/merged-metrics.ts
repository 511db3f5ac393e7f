import type { Slot, StatsRegistry } from '@meshwork/core/metrics'
import type { Clock } from '@meshwork/core/time'
import type { AppMetrics } from './app-metrics.ts'
import { metricsText } from './metrics-text.ts'
import { scrape, type ScrapeTarget } from './scrape.ts'

/** Another program whose metrics are told with ours, by Istio's word for it. */
export interface MergedSource {
  readonly type: 'application' | 'envoy'
  readonly target: ScrapeTarget
}

export function applicationSource(application: AppMetrics | null): readonly MergedSource[] {
  return application === null ? [] : [{ type: 'application', target: { host: '127.0.0.1', ...application } }]
}

interface CountedSource extends MergedSource {
  readonly failures: Slot
}

/**
 * What the proxy, the agent and the application count, as one page. A source that does not answer is left out and counted
 * (`istio_agent_scrape_failures_total`): ours are told whatever the others do. Questions that come together share one answer.
 */
export class MergedMetrics {
  private readonly stats: StatsRegistry
  private readonly clock: Clock
  private readonly sources: readonly CountedSource[]
  private readonly scrapes: Slot
  private current: Promise<string> | null = null

  constructor(stats: StatsRegistry, sources: readonly MergedSource[], clock: Clock) {
    this.stats = stats
    this.clock = clock
    this.scrapes = stats.define('counter', 'agent.scrapes', 'istio_agent_scrapes_total', {})
    this.sources = sources.map(source => ({ ...source, failures: failuresOf(stats, source) }))
  }

  text(): Promise<string> {
    this.stats.add(this.scrapes, 1)
    this.current ??= this.gather().finally(() => (this.current = null))
    return this.current
  }

  private async gather(): Promise<string> {
    const others = await Promise.all(this.sources.map(source => this.ask(source)))
    return (await metricsText(this.stats)) + others.join('')
  }

  private async ask({ target, failures }: CountedSource): Promise<string> {
    const text = await scrape(target, this.clock)
    if (text === null) this.stats.add(failures, 1)
    return text ?? ''
  }
}

function failuresOf(stats: StatsRegistry, { type }: MergedSource): Slot {
  return stats.define('counter', `agent.scrape_failures.${type}`, 'istio_agent_scrape_failures_total', { type })
}
