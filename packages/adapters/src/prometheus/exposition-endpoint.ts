import type { SocketAddress } from '@meshwork/core/ids'
import type { Logger } from '@meshwork/core/log'
import { HttpEndpoint, type HttpPage } from '@meshwork/core/serve'
import type { MetricStore } from './metric-store.ts'

const TEXT_FORMAT = 'text/plain; version=0.0.4; charset=utf-8'

/** `/metrics`, where Prometheus scrapes. */
export function expositionEndpoint(address: SocketAddress, store: MetricStore, log: Logger): HttpEndpoint {
  const metrics: HttpPage = async () => ({ status: 200, contentType: TEXT_FORMAT, body: await store.exposition() })
  return new HttpEndpoint({ name: 'exposition', address, flag: '--metrics-address', pages: new Map([['/metrics', metrics]]), log })
}
