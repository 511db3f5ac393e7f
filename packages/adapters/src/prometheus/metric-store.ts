import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { boundsIncrease } from './buckets.ts'
import { definitionKey, type MetricDefinition } from './definition.ts'
import { exposition } from './exposition.ts'

type Recorder = (labels: Record<string, string>, value: number) => void

interface Entry {
  readonly definition: MetricDefinition
  readonly key: string
  readonly record: Recorder
}

/** All metrics of the process. State: `entries` by exposed name and which of them have values; survives the handlers that feed it. */
export class MetricStore {
  private readonly registry = new Registry()
  private readonly entries = new Map<string, Entry>()
  private readonly recorded = new Set<string>()

  /** What Prometheus scrapes. A metric shows once it has a value. */
  exposition(): Promise<string> {
    return exposition(this.registry, this.recorded)
  }

  record(definition: MetricDefinition, labels: Record<string, string>, value: number): void {
    this.ensure(definition)(labels, value)
    this.recorded.add(definition.name)
  }

  /** The metric that an instance fed under an earlier configuration: it stays exposed, and goes on counting (mixer.md 6.5). */
  earlierDefinition(instanceName: string): MetricDefinition | undefined {
    return Array.from(this.entries.values(), entry => entry.definition).find(definition => definition.instanceName === instanceName)
  }

  /** Finds or makes the metric. One that is defined otherwise than before clears all values of the process (mixer.md 6.5). */
  ensure(definition: MetricDefinition): Recorder {
    const key = definitionKey(definition)
    const known = this.entries.get(definition.name)
    if (known?.key === key) return known.record
    if (known !== undefined) this.clear()
    const record = recorderOf(definition, this.registry)
    this.entries.set(definition.name, { definition, key, record })
    return record
  }

  private clear(): void {
    this.registry.clear()
    this.recorded.clear()
    this.entries.clear()
  }
}

function recorderOf({ name, help, kind, labels, bounds }: MetricDefinition, registry: Registry): Recorder {
  const shared = { name, help, labelNames: [...labels], registers: [registry] }
  if (kind === 'gauge') {
    const gauge = new Gauge(shared)
    return (values, value) => gauge.set(values, value)
  }
  if (kind === 'counter') {
    const counter = new Counter(shared)
    return (values, value) => {
      if (value < 0) throw new Error(`counter ${name} cannot go down`)
      counter.inc(values, value)
    }
  }
  if (!boundsIncrease(bounds)) {
    return () => {
      throw new Error(`bounds of the buckets of ${name} do not increase`)
    }
  }
  const histogram = new Histogram({ ...shared, buckets: [...bounds] })
  return (values, value) => histogram.observe(values, value)
}
