import type { Slot, StatsRegistry } from '@meshwork/core/metrics'
import type { OwnTags } from './own-tags.ts'

/** Sets of labels that a proxy keeps apart; all others are counted together under `OVERFLOW`. */
const MAX_SERIES = 2000
const OVERFLOW = '__overflow__'

export interface SeriesOptions {
  /** Metrics that are not reported: `request_duration_milliseconds`. */
  readonly dropped: ReadonlySet<string>
  readonly tags: OwnTags
}

/** The slot of one metric (without the prefix `istio_`) for one set of labels; null: the metric is switched off. */
export type SlotOf = (kind: 'counter' | 'histogram', metric: string) => Slot | null

/** The series of one chain, found by a key that names what their labels were made of. Bounded, whatever clients send. */
export class SeriesTable<S> {
  private readonly stats: StatsRegistry
  private readonly options: SeriesOptions
  private readonly make: (slotOf: SlotOf) => S
  private readonly byKey = new Map<string, S>()
  private readonly overflows: Slot
  private overflow: S | null = null

  constructor(stats: StatsRegistry, options: SeriesOptions, make: (slotOf: SlotOf) => S) {
    this.stats = stats
    this.options = options
    this.make = make
    this.overflows = stats.define('counter', 'istio_stats.series_overflow', 'istio_stats_series_overflow_total', {})
  }

  /** `labels` is asked only for a key that is new. `values`: of the tags of one's own, which the key must hold too. */
  find(key: string, values: readonly string[], labels: () => Readonly<Record<string, string>>): S {
    const known = this.byKey.get(key)
    if (known !== undefined) return known
    if (this.byKey.size >= MAX_SERIES) return this.overflowing(values, labels)
    const series = this.define(labels(), values)
    this.byKey.set(key, series)
    return series
  }

  private overflowing(values: readonly string[], labels: () => Readonly<Record<string, string>>): S {
    this.stats.add(this.overflows, 1)
    this.overflow ??= this.define(
      Object.fromEntries(Object.keys(labels()).map(name => [name, OVERFLOW])),
      values.map(() => OVERFLOW),
    )
    return this.overflow
  }

  private define(standard: Readonly<Record<string, string>>, values: readonly string[]): S {
    const { dropped, tags } = this.options
    return this.make((kind, metric) => {
      if (dropped.has(metric)) return null
      const labels = tags.labels(metric, standard, values)
      const id = labels === standard ? Object.values(labels).join(';') : Object.entries(labels).join(';')
      return this.stats.define(kind, `istio_${metric};${id}`, `istio_${metric}`, labels)
    })
  }
}
