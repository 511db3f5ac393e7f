import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import type { StatsRegistry } from '@meshwork/core/metrics'
import type { Clock } from '@meshwork/core/time'
import type { ProxyState } from '../admin/index.ts'
import { quit } from './pod-life.ts'
import { applicationSource, appProbePages, MergedMetrics, metricsText, statusEndpoints, type StatusOptions } from '../status/index.ts'

export interface ProxyStatusSources {
  readonly state: ProxyState
  readonly stats: StatsRegistry
  readonly health: { readonly failed: boolean }
  readonly isStopping: () => boolean
  readonly clock: Clock
  readonly log: Logger
}

/** The status ports of our own proxy, which is its own agent: one registry counts for both. */
export function proxyStatus(
  options: StatusOptions,
  { state, stats, health, isStopping, clock, log }: ProxyStatusSources,
): readonly Runner[] {
  const merged = new MergedMetrics(stats, applicationSource(options.application), clock)
  const notReady = (): string | null => {
    if (isStopping()) return 'the proxy is about to stop'
    return health.failed ? 'an operator has taken this proxy out of rotation' : state.notReady()
  }
  const probes = appProbePages(options.probes, clock)
  return statusEndpoints(options, { notReady, merged: () => merged.text(), own: () => metricsText(stats), probes, quit }, log)
}
