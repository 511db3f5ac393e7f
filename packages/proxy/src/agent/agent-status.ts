import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import { StatsRegistry } from '@meshwork/core/metrics'
import type { Clock } from '@meshwork/core/time'
import { applicationSource, appProbePages, MergedMetrics, scrapePage, statusEndpoints } from '../status/index.ts'
import type { AgentOptions } from './agent-options.ts'

const METRICS_PAGE = '/stats/prometheus'

/** The status ports of an Envoy: the agent asks its admin interface, which only loopback reaches, and passes on what may be read. */
export function agentStatus({ admin, status }: AgentOptions, clock: Clock, log: Logger): readonly Runner[] {
  if (admin.kind === 'unix') return []
  const envoy = { host: admin.host, port: admin.port, path: METRICS_PAGE }
  const sources = [{ type: 'envoy' as const, target: envoy }, ...applicationSource(status.application)]
  const merged = new MergedMetrics(new StatsRegistry(), sources, clock)
  const notReady = async (): Promise<string | null> => {
    const answer = await scrapePage({ ...envoy, path: '/ready' }, clock)
    return answer?.status === 200 ? null : `Envoy is not ready: ${answer?.body.trim() ?? 'no answer'}`
  }
  const own = async (): Promise<string> => {
    const answer = await scrapePage(envoy, clock)
    if (answer?.status !== 200) throw new Error('Envoy does not answer')
    return answer.body
  }
  return statusEndpoints(status, { notReady, merged: () => merged.text(), own, probes: appProbePages(status.probes, clock) }, log)
}
