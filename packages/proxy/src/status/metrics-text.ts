import { setImmediate } from 'node:timers/promises'
import { prometheusPieces, type StatsRegistry } from '@meshwork/core/metrics'

/** All metrics of a registry as Prometheus reads them. Traffic is served between its pieces, so that a scrape holds nobody up. */
export async function metricsText(stats: StatsRegistry): Promise<string> {
  let text = ''
  for (const piece of prometheusPieces(stats)) {
    text += piece
    await setImmediate()
  }
  return text
}
