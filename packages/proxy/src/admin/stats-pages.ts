import { HISTOGRAM_BOUNDS, type Metric, prometheusText, type StatsRegistry } from '@meshwork/core/metrics'
import { type AdminAnswer, type AdminPage, jsonAnswer, textAnswer } from './admin-page.ts'
import { nameFilter } from './name-filter.ts'

/** Envoy's words for kinds of metrics (`type=`). */
const KINDS: ReadonlyMap<string, Metric['kind'] | null> = new Map([
  ['all', null],
  ['counters', 'counter'],
  ['gauges', 'gauge'],
  ['histograms', 'histogram'],
])

/** `/stats`: Envoy's dotted names; `filter` is an RE2 expression, `usedonly` leaves out zeros, `type`, and `format=text|json|prometheus`. */
export function statsPage(stats: StatsRegistry): AdminPage {
  return {
    path: '/stats',
    help: 'print counters, gauges and histograms; ?filter=REGEX, ?usedonly, ?type=counters|gauges|histograms, ?format=json|prometheus',
    changes: false,
    answer: ({ query }) => {
      const format = query.get('format') ?? 'text'
      if (format === 'prometheus') return prometheusAnswer(stats, query)
      if (format !== 'text' && format !== 'json') return textAnswer('usage: /stats?format=(text|json|prometheus)\n', 400)
      const shown = selectionOf(stats, query)
      if (typeof shown === 'string') return textAnswer(`${shown}\n`, 400)
      const metrics = [...stats.metrics()].filter(shown).toSorted((a, b) => (a.name < b.name ? -1 : 1))
      return format === 'json' ? jsonStats(stats, metrics) : textStats(stats, metrics)
    },
  }
}

export function prometheusPage(stats: StatsRegistry): AdminPage {
  return {
    path: '/stats/prometheus',
    help: 'print metrics for Prometheus; ?filter=REGEX, ?usedonly',
    changes: false,
    answer: ({ query }) => prometheusAnswer(stats, query),
  }
}

function prometheusAnswer(stats: StatsRegistry, query: URLSearchParams): AdminAnswer {
  const shown = selectionOf(stats, query)
  if (typeof shown === 'string') return textAnswer(`${shown}\n`, 400)
  return { ...textAnswer(prometheusText(stats, shown)), contentType: 'text/plain; version=0.0.4; charset=utf-8' }
}

/** Histograms come after all others, as in Envoy. */
function textStats(stats: StatsRegistry, metrics: readonly Metric[]): AdminAnswer {
  const plain = metrics.filter(({ kind }) => kind !== 'histogram')
  const histograms = metrics.filter(({ kind }) => kind === 'histogram')
  return textAnswer([...plain, ...histograms].map(metric => `${metric.name}: ${valueOf(stats, metric)}\n`).join(''))
}

function jsonStats(stats: StatsRegistry, metrics: readonly Metric[]): AdminAnswer {
  const histograms = metrics.filter(({ kind }) => kind === 'histogram')
  const plain = metrics.filter(({ kind }) => kind !== 'histogram').map(({ name, slot }) => ({ name, value: stats.value(slot) }))
  if (histograms.length === 0) return jsonAnswer({ stats: plain })
  const details = histograms.map(({ name, slot }) => {
    const { buckets, sum, count } = stats.histogram(slot)
    return {
      name,
      sample_count: count,
      sample_sum: sum,
      buckets: buckets.map((samples, i) => ({ upper_bound: HISTOGRAM_BOUNDS[i] ?? 'Infinity', samples })),
    }
  })
  return jsonAnswer({ stats: [...plain, { histograms: { details } }] })
}

/** Which metrics the query asks for, or what is wrong with it. */
function selectionOf(stats: StatsRegistry, query: URLSearchParams): ((metric: Metric) => boolean) | string {
  const filter = query.get('filter') ?? ''
  const matches = nameFilter(filter)
  if (matches === null) return 'Invalid re2 regex'
  const kind = KINDS.get((query.get('type') ?? 'all').toLowerCase())
  if (kind === undefined) return 'invalid type; use counters, gauges, histograms or all'
  const usedOnly = query.has('usedonly')
  const wanted = !query.has('invert_filter')
  return metric => (kind === null || metric.kind === kind) && matches(metric.name) === wanted && (!usedOnly || isUsed(stats, metric))
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
