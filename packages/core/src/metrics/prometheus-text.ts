import { HISTOGRAM_BOUNDS, type Labels, type Metric, type StatsRegistry } from './stats-registry.ts'

/** Metrics of one piece, about: some milliseconds of work. */
const PIECE_LINES = 1000

/** All metrics, or those of which `shown` holds, in Prometheus' text format 0.0.4, grouped by family as the format demands. */
export function prometheusText(registry: StatsRegistry, shown: (metric: Metric) => boolean = () => true): string {
  return [...prometheusPieces(registry, shown)].join('')
}

/** The same piece by piece, for who must not be held up by a text of many megabytes. */
export function* prometheusPieces(registry: StatsRegistry, shown: (metric: Metric) => boolean = () => true): Generator<string> {
  const families = new Map<string, Metric[]>()
  for (const metric of registry.metrics()) {
    if (!shown(metric)) continue
    const members = families.get(metric.family)
    if (members === undefined) families.set(metric.family, [metric])
    else members.push(metric)
  }
  let lines: string[] = []
  for (const [family, members] of families) {
    lines.push(`# TYPE ${family} ${members[0]?.kind ?? 'untyped'}`)
    for (const metric of members) {
      writeMetric(lines, registry, metric)
      if (lines.length < PIECE_LINES) continue
      yield `${lines.join('\n')}\n`
      lines = []
    }
  }
  if (lines.length > 0) yield `${lines.join('\n')}\n`
}

function writeMetric(lines: string[], registry: StatsRegistry, metric: Metric): void {
  if (metric.kind !== 'histogram') {
    lines.push(`${metric.family}${labelText(metric.labels)} ${registry.value(metric.slot)}`)
    return
  }
  const { buckets, sum, count } = registry.histogram(metric.slot)
  let below = 0
  for (const [i, bound] of HISTOGRAM_BOUNDS.entries()) {
    below += buckets[i] ?? 0
    lines.push(`${metric.family}_bucket${labelText({ ...metric.labels, le: String(bound) })} ${below}`)
  }
  lines.push(`${metric.family}_bucket${labelText({ ...metric.labels, le: '+Inf' })} ${count}`)
  lines.push(`${metric.family}_sum${labelText(metric.labels)} ${sum}`)
  lines.push(`${metric.family}_count${labelText(metric.labels)} ${count}`)
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`)
  return parts.length === 0 ? '' : `{${parts.join(',')}}`
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
