// Owner of the batch under way of one Mixer client. One thread.
import { type AttributeBag, BatchCompressor, GLOBAL_DICTIONARY } from '@meshwork/core/attributes'
import type { Logger } from '@meshwork/core/log'
import type { Clock, Timer } from '@meshwork/core/time'
import { ReportRequest } from '@meshwork/protos/istio/mixer/v1/report'

import type { MixerStats } from './mixer-stats.ts'
import type { MixerTransport } from './mixer-transport.ts'

export interface ReporterOptions {
  readonly clock: Clock
  readonly log: Logger
  readonly transport: MixerTransport
  readonly stats: MixerStats
  /** Records in one call; 0 and 1 send at once. */
  readonly batchSize: number
  /** Longest time a record waits, in milliseconds. */
  readonly batchMs: number
}

/** Collects reports and sends them delta-coded (mixer.md 1.3). A lost report is counted in the log, never retried. */
export class Reporter {
  private readonly options: ReporterOptions
  private batch: BatchCompressor = new BatchCompressor(GLOBAL_DICTIONARY)
  private timer: Timer | null = null
  private readonly onTimer = (): void => this.flush()

  constructor(options: ReporterOptions) {
    this.options = options
  }

  /** Takes a copy of the values; maps must not change afterwards. */
  report(bag: AttributeBag): void {
    this.options.stats.reportCalls()
    if (!this.batch.add(bag)) {
      // An attribute of the record before is gone, which a delta cannot say.
      this.flush()
      this.batch.add(bag)
    }
    if (this.batch.size >= this.options.batchSize) this.flush()
    else this.timer ??= this.options.clock.after(this.options.batchMs, this.onTimer)
  }

  /** Sends what has been collected. */
  flush(): void {
    this.timer?.cancel()
    this.timer = null
    if (this.batch.size === 0) return
    const { attributes, defaultWords } = this.batch.finish()
    this.batch = new BatchCompressor(GLOBAL_DICTIONARY)
    this.options.stats.remoteReportCalls()
    const request = ReportRequest.fromPartial({ attributes, defaultWords, globalWordCount: GLOBAL_DICTIONARY.words.length })
    this.options.transport.report(request, failure => {
      if (failure !== null) this.options.log.warn('report lost', { records: attributes.length, error: failure.message })
    })
  }
}
