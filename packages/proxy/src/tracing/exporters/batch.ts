import type { Slot, StatsRegistry } from '@meshwork/core/metrics'
import type { Clock, Timer } from '@meshwork/core/time'
import type { FinishedSpan } from '../span.ts'
import type { SpanExporter } from '../tracer.ts'

const FLUSH_AFTER_MS = 1000
const FLUSH_AT_SPANS = 100
/** Spans waiting while the collector does not take them; more are dropped and counted. */
const MAX_WAITING_SPANS = 2000

/** How a batch ends. `skipped`: the collector's cluster does not exist or has no host. */
export type SendOutcome = 'sent' | 'failed' | 'skipped'

/** Sends one batch and tells how it went; never rejects. */
export type SendBatch = (spans: readonly FinishedSpan[]) => Promise<SendOutcome>

/** Gathers spans and hands them over in batches, one under way at a time: a slow collector costs spans, never memory or requests. */
export class BatchExporter implements SpanExporter {
  private readonly clock: Clock
  private readonly stats: StatsRegistry
  private readonly send: SendBatch
  private readonly slots: Readonly<Record<SendOutcome | 'spans' | 'dropped', Slot>>
  private waiting: FinishedSpan[] = []
  private busy = false
  private timer: Timer | null = null

  /** `kind`: second word of the counters' names, `tracing.zipkin.spans_sent`. */
  constructor(kind: string, clock: Clock, stats: StatsRegistry, send: SendBatch) {
    this.clock = clock
    this.stats = stats
    this.send = send
    const counter = (name: string): Slot => stats.define('counter', `tracing.${kind}.${name}`, `envoy_tracing_${kind}_${name}`, {})
    this.slots = {
      spans: counter('spans_sent'),
      dropped: counter('spans_dropped'),
      sent: counter('reports_sent'),
      failed: counter('reports_failed'),
      skipped: counter('reports_skipped_no_cluster'),
    }
  }

  export(span: FinishedSpan): void {
    if (this.waiting.length >= MAX_WAITING_SPANS) {
      this.stats.add(this.slots.dropped, 1)
      return
    }
    this.waiting.push(span)
    if (this.waiting.length >= FLUSH_AT_SPANS) this.flush()
    else this.timer ??= this.clock.after(FLUSH_AFTER_MS, () => this.flush())
  }

  flush(): void {
    this.timer?.cancel()
    this.timer = null
    if (this.busy || this.waiting.length === 0) return
    const batch = this.waiting
    this.waiting = []
    this.busy = true
    this.stats.add(this.slots.spans, batch.length)
    void this.send(batch).then(outcome => this.sent(outcome))
  }

  close(): void {
    this.timer?.cancel()
    this.timer = null
    this.waiting = []
  }

  private sent(outcome: SendOutcome): void {
    this.busy = false
    this.stats.add(this.slots[outcome], 1)
    if (this.waiting.length >= FLUSH_AT_SPANS) this.flush()
    else if (this.waiting.length > 0) this.timer ??= this.clock.after(FLUSH_AFTER_MS, () => this.flush())
  }
}
