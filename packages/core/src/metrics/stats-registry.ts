/** Upper bounds of the buckets of Envoy's histograms, in milliseconds for times (`Histogram.default_buckets` of the stats documentation). */
export const HISTOGRAM_BOUNDS: readonly number[] = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000, 3_600_000,
]

export type Labels = Readonly<Record<string, string>>

/** Index of a counter or gauge. Resolved when configuration is compiled; used with `add` and `set` on the path. */
export type Slot = number

export interface Metric {
  readonly kind: 'counter' | 'gauge' | 'histogram'
  /** Envoy's dotted name with tags inside: `cluster.outbound|80||a.upstream_rq_total`. */
  readonly name: string
  /** Name without tags for Prometheus: `envoy_cluster_upstream_rq_total`. */
  readonly family: string
  readonly labels: Labels
  readonly slot: Slot
}

/** Slots of a histogram: one per bound, one above, then sum and count. */
const HISTOGRAM_SLOTS = HISTOGRAM_BOUNDS.length + 3
const FIRST_CAPACITY = 1024

/**
 * Numbers in one typed array, addressed by slots: adding costs an array write. Names and labels exist only for readers.
 * Owned by one thread. The same name always gives the same slot, so a cluster that returns goes on counting.
 */
export class StatsRegistry {
  private numbers = new Float64Array(FIRST_CAPACITY)
  private used = 0
  private readonly byName = new Map<string, Metric>()
  private readonly updates: (() => void)[] = []
  /** Slots that were given back, by how many lie together. */
  private readonly free = new Map<number, Slot[]>()

  /** `update` sets what is cheaper looked up than kept, such as times; it runs before anybody goes through the metrics. */
  onRead(update: () => void): void {
    this.updates.push(update)
  }

  add(slot: Slot, amount: number): void {
    this.numbers[slot] = (this.numbers[slot] ?? 0) + amount
  }

  set(slot: Slot, value: number): void {
    this.numbers[slot] = value
  }

  value(slot: Slot): number {
    return this.numbers[slot] ?? 0
  }

  /** Adds a sample to the histogram at `slot`. */
  record(slot: Slot, sample: number): void {
    let bucket = 0
    while (bucket < HISTOGRAM_BOUNDS.length && sample > (HISTOGRAM_BOUNDS[bucket] ?? 0)) bucket++
    this.add(slot + bucket, 1)
    this.add(slot + HISTOGRAM_SLOTS - 2, sample)
    this.add(slot + HISTOGRAM_SLOTS - 1, 1)
  }

  histogram(slot: Slot): { readonly buckets: readonly number[]; readonly sum: number; readonly count: number } {
    const buckets = Array.from(this.numbers.subarray(slot, slot + HISTOGRAM_BOUNDS.length + 1))
    return { buckets, sum: this.value(slot + HISTOGRAM_SLOTS - 2), count: this.value(slot + HISTOGRAM_SLOTS - 1) }
  }

  clearHistogram(slot: Slot): void {
    this.numbers.fill(0, slot, slot + HISTOGRAM_SLOTS)
  }

  define(kind: Metric['kind'], name: string, family: string, labels: Labels): Slot {
    const known = this.byName.get(name)
    if (known !== undefined) return known.slot
    const size = slotsOf(kind)
    const slot = this.free.get(size)?.pop() ?? this.reserve(size)
    this.byName.set(name, { kind, name, family, labels, slot })
    return slot
  }

  /**
   * Takes away the metrics that `gone` says; their slots are used again. Nobody may count in them any more, which is for the
   * caller to know.
   */
  forget(gone: (metric: Metric) => boolean): void {
    for (const metric of this.byName.values()) {
      if (!gone(metric)) continue
      this.byName.delete(metric.name)
      const size = slotsOf(metric.kind)
      this.numbers.fill(0, metric.slot, metric.slot + size)
      const free = this.free.get(size)
      if (free === undefined) this.free.set(size, [metric.slot])
      else free.push(metric.slot)
    }
  }

  scope(prefix: string, family: string, labels: Labels): StatScope {
    return new StatScope(this, prefix, family, labels)
  }

  /** In the order of definition. */
  metrics(): IterableIterator<Metric> {
    for (const update of this.updates) update()
    return this.byName.values()
  }

  find(name: string): Metric | undefined {
    return this.byName.get(name)
  }

  private reserve(count: number): Slot {
    const slot = this.used
    this.used += count
    if (this.used > this.numbers.length) {
      const grown = new Float64Array(this.numbers.length * 2)
      grown.set(this.numbers)
      this.numbers = grown
    }
    return slot
  }
}

function slotsOf(kind: Metric['kind']): number {
  return kind === 'histogram' ? HISTOGRAM_SLOTS : 1
}

/** A prefix with the labels that Prometheus sees in its place: `cluster.<name>.` and `envoy_cluster_name="<name>"`. */
export class StatScope {
  readonly registry: StatsRegistry
  private readonly prefix: string
  private readonly family: string
  private readonly labels: Labels

  constructor(registry: StatsRegistry, prefix: string, family: string, labels: Labels) {
    this.registry = registry
    this.prefix = prefix
    this.family = family
    this.labels = labels
  }

  counter(name: string): Slot {
    return this.registry.define('counter', this.prefix + name, this.family + promName(name), this.labels)
  }

  /** A counter whose name ends in a value that Prometheus shows as label: `upstream_rq_2xx` is `upstream_rq_xx{envoy_response_code_class="2"}`. */
  taggedCounter(name: string, family: string, labels: Labels): Slot {
    return this.registry.define('counter', this.prefix + name, this.family + family, { ...this.labels, ...labels })
  }

  gauge(name: string): Slot {
    return this.registry.define('gauge', this.prefix + name, this.family + promName(name), this.labels)
  }

  histogram(name: string): Slot {
    return this.registry.define('histogram', this.prefix + name, this.family + promName(name), this.labels)
  }

  /** A scope below this one: `name` ends with a dot. */
  child(name: string): StatScope {
    return new StatScope(this.registry, this.prefix + name, this.family + promName(name), this.labels)
  }
}

/** Characters that a Prometheus name may not have become `_` (as Envoy does). */
function promName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_]/g, '_')
}
