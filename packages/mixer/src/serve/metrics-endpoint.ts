import type { SocketAddress } from '@meshwork/core/ids'
import type { Logger } from '@meshwork/core/log'
import { HttpEndpoint, type HttpPage, metricsPage, textAnswer } from '@meshwork/core/serve'
import type { Registry } from 'prom-client'

/** `/metrics` in Prometheus' text format, `/version` and `/ready`. */
export function metricsEndpoint(address: SocketAddress, registry: Registry, version: string, log: Logger): HttpEndpoint {
  const pages = new Map<string, HttpPage>([
    ['/metrics', metricsPage(registry)],
    ['/version', () => textAnswer(`${version}\n`)],
    ['/ready', () => textAnswer('ok\n')],
  ])
  return new HttpEndpoint({ name: 'metrics', address, flag: '--metrics-address', pages, log })
}
