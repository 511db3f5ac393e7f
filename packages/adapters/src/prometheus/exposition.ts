import type { Registry } from 'prom-client'

/** As far as the client library's JSON is needed here. */
interface Sample {
  readonly value: number
  readonly labels: Readonly<Record<string, string | number | undefined>>
  readonly metricName?: string | undefined
}

/** Powers of ten from which Go prints an exponent. */
const LARGEST_PLAIN_POWER = 6
const SMALLEST_PLAIN_POWER = -4

/** A number as Prometheus' Go library writes it, which dashboards and recorded texts compare with: `1e+08`, `+Inf`. */
export function goNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e')
  const power = Number(exponent)
  if (power >= SMALLEST_PLAIN_POWER && power < LARGEST_PLAIN_POWER) return String(value)
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
}

function labelText(labels: Sample['labels']): string {
  const { le, ...others } = labels
  const parts = Object.keys(others)
    .toSorted()
    .map(name => `${name}="${escaped(String(others[name] ?? ''))}"`)
  if (le !== undefined) parts.push(`le="${typeof le === 'number' ? goNumber(le) : le}"`)
  return parts.length === 0 ? '' : `{${parts.join(',')}}`
}

/** Values of the labels in the order of their names, by which series are sorted; `le` never counts. */
function seriesKey({ labels }: Sample): string {
  const names = Object.keys(labels).filter(name => name !== 'le')
  return names
    .toSorted()
    .map(name => `${String(labels[name])}\u0000`)
    .join('')
}

function seriesLines(family: string, samples: readonly Sample[]): readonly string[] {
  const series = new Map<string, string[]>()
  for (const sample of samples) {
    const key = seriesKey(sample)
    const lines = series.get(key) ?? []
    series.set(key, lines)
    lines.push(`${sample.metricName ?? family}${labelText(sample.labels)} ${goNumber(sample.value)}`)
  }
  return [...series].toSorted(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, lines]) => lines)
}

/** Prometheus' text format 0.0.4, families by name and series by labels. `recorded`: the families that have values. */
export async function exposition(registry: Registry, recorded: ReadonlySet<string>): Promise<string> {
  const families = await registry.getMetricsAsJSON()
  const lines = families
    .filter(family => recorded.has(family.name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(({ name, help, type, values }) => [
      `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`,
      `# TYPE ${name} ${type}`,
      ...seriesLines(name, values),
    ])
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}
