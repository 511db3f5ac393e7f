import type { SocketAddress } from '@meshwork/core/ids'
import type { Logger } from '@meshwork/core/log'
import { HttpEndpoint, type HttpPage, metricsPage, textAnswer } from '@meshwork/core/serve'
import type { Registry } from 'prom-client'

/** `/metrics` in Prometheus' text format, and `/ready`. */
export function metricsEndpoint(address: SocketAddress, registry: Registry, log: Logger): HttpEndpoint {
  const pages = new Map<string, HttpPage>([
    ['/metrics', metricsPage(registry)],
    ['/ready', () => textAnswer('ok\n')],
  ])
  return new HttpEndpoint({ name: 'metrics', address, flag: '--metrics-address', pages, log })
}
