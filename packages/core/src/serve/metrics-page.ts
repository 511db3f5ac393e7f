import type { HttpPage } from './http-endpoint.ts'

/** As far as a registry of prom-client is needed here. */
export interface MetricsText {
  readonly contentType: string
  metrics(): Promise<string>
}

/** A page in Prometheus' text format. */
export function metricsPage(registry: MetricsText): HttpPage {
  return async () => ({ status: 200, contentType: registry.contentType, body: await registry.metrics() })
}
