import type { SocketAddress } from '@meshwork/core/ids'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import { type HttpAnswer, HttpEndpoint, type HttpPage, textAnswer } from '@meshwork/core/serve'
import type { StatusAddresses } from './status-flags.ts'

/** What the pages of the status ports tell. */
export interface StatusSources {
  /** null: ready. Otherwise what is missing, for people. Asking must be quick. */
  readonly notReady: () => string | null | Promise<string | null>
  /** Metrics of everybody in this workload. */
  readonly merged: () => Promise<string>
  /** Metrics of the proxy alone. */
  readonly own: () => string | Promise<string>
  /** Probes of the application, by page. */
  readonly probes: Readonly<Record<string, HttpPage>>
  /** Ends the process; who is on this machine may ask for that by `POST /quitquitquit`. Absent: nobody may. */
  readonly quit?: () => void
}

const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/**
 * Istio's ports for whoever watches a workload: 15020 (merged metrics, readiness, probes of the application), 15090 (the proxy's metrics) and 15021
 * (readiness). Nothing can be changed by them from elsewhere, so they may be open to the network, as a scraper needs.
 */
export function statusEndpoints(addresses: StatusAddresses, sources: StatusSources, log: Logger): readonly Runner[] {
  const ready: HttpPage = async () => readyAnswer(await sources.notReady())
  const merged: HttpPage = async () => metricsAnswer(await sources.merged())
  const own: HttpPage = async () => metricsAnswer(await sources.own())
  const { quit } = sources
  const actions = new Map(quit === undefined ? [] : [['/quitquitquit', answered(quit)] as const])
  const endpoint = (name: string, address: SocketAddress | null, flag: string, pages: Readonly<Record<string, HttpPage>>): Runner[] =>
    address === null
      ? []
      : [new HttpEndpoint({ name, address, flag, pages: new Map(Object.entries(pages)), log, ...(name === 'status' && { actions }) })]
  return [
    ...endpoint('status', addresses.status, '--status-address', {
      '/stats/prometheus': merged,
      '/metrics': merged,
      '/healthz/ready': ready,
      ...sources.probes,
    }),
    ...endpoint('proxy metrics', addresses.metrics, '--metrics-address', { '/stats/prometheus': own }),
    ...endpoint('readiness page', addresses.ready, '--ready-address', { '/healthz/ready': ready }),
  ]
}

function answered(quit: () => void): () => HttpAnswer {
  return () => {
    quit()
    return textAnswer('OK\n')
  }
}

function readyAnswer(missing: string | null): HttpAnswer {
  return missing === null ? textAnswer('') : textAnswer(`${missing}\n`, 503)
}

function metricsAnswer(body: string): HttpAnswer {
  return { ...textAnswer(body), contentType: METRICS_TYPE }
}
