import { type Metric, prometheusText, type StatsRegistry } from '@meshwork/core/metrics'
import { RE2JS } from 're2js'
import { type AdminPage, jsonAnswer, textAnswer } from './admin-page.ts'

/** Longest `filter` that is compiled. */
const MAX_FILTER_LENGTH = 512

/** `/stats`: Envoy's dotted names; `filter` is an RE2 expression, `usedonly` leaves out zeros, `format=json` and `format=prometheus` as in Envoy. */
export function statsPage(stats: StatsRegistry): AdminPage {
  return {
    path: '/stats',
    help: 'print counters, gauges and histograms; ?filter=REGEX, ?usedonly, ?format=json|prometheus',
    changes: false,
    answer: ({ query }) => {
      if (query.get('format') === 'prometheus') return textAnswer(prometheusText(stats))
      const filter = query.get('filter') ?? ''
      if (filter.length > MAX_FILTER_LENGTH) return textAnswer('the filter is too long\n', 400)
      const matches = matcherOf(filter)
      if (matches === null) return textAnswer('the filter is not a regular expression\n', 400)
      const usedOnly = query.has('usedonly')
      const lines = [...stats.metrics()]
        .filter(metric => matches(metric.name) && (!usedOnly || isUsed(stats, metric)))
        .map(metric => [metric.name, valueOf(stats, metric)] as const)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
      if (query.get('format') === 'json') return jsonAnswer({ stats: lines.map(([name, value]) => ({ name, value })) })
      return textAnswer(lines.map(([name, value]) => `${name}: ${value}\n`).join(''))
    },
  }
}

export function prometheusPage(stats: StatsRegistry): AdminPage {
  return {
    path: '/stats/prometheus',
    help: 'print all metrics for Prometheus',
    changes: false,
    answer: () => ({ ...textAnswer(prometheusText(stats)), contentType: 'text/plain; version=0.0.4; charset=utf-8' }),
  }
}

function matcherOf(filter: string): ((name: string) => boolean) | null {
  if (filter === '') return () => true
  try {
    const pattern = RE2JS.compile(filter)
    return name => pattern.matcher(name).find()
  } catch {
    return null
  }
}

function isUsed(stats: StatsRegistry, metric: Metric): boolean {
  return metric.kind === 'histogram' ? stats.histogram(metric.slot).count > 0 : stats.value(metric.slot) !== 0
}

/** Histograms as count and sum: the buckets are for Prometheus. */
function valueOf(stats: StatsRegistry, metric: Metric): number | string {
  if (metric.kind !== 'histogram') return stats.value(metric.slot)
  const { count, sum } = stats.histogram(metric.slot)
  return count === 0 ? 'No recorded values' : `count=${count} sum=${sum}`
}
