import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import type { Slot, StatsRegistry } from '@meshwork/core/metrics'
import { messageOf } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'

/** Errors a second that are borne. More of them mean that the process is broken, not one stream. */
const MOST_PER_SECOND = 100

/**
 * What nobody caught ends the stream or the connection it happened in, whose callback it left, and not the process with all the
 * others. It is a defect of ours, so it is counted (`server.uncaught_errors`) and logged with its stack. A process in which it
 * happens all the time is ended, so that whoever supervises it starts a sound one.
 */
export class ContainedErrors implements Runner {
  readonly name = 'contained errors'
  private readonly clock: Clock
  private readonly log: Logger
  private readonly stats: StatsRegistry
  private readonly counter: Slot
  private readonly giveUp: () => void
  private secondStartedMs = 0
  private inThisSecond = 0
  private readonly onError = (error: unknown): void => this.contain(error)

  constructor(options: { readonly clock: Clock; readonly log: Logger; readonly stats: StatsRegistry; readonly giveUp: () => void }) {
    this.clock = options.clock
    this.log = options.log
    this.stats = options.stats
    this.giveUp = options.giveUp
    this.counter = options.stats.scope('server.', 'envoy_server_', {}).counter('uncaught_errors')
  }

  start(): Promise<void> {
    process.on('uncaughtException', this.onError)
    process.on('unhandledRejection', this.onError)
    return Promise.resolve()
  }

  close(): Promise<void> {
    process.off('uncaughtException', this.onError)
    process.off('unhandledRejection', this.onError)
    return Promise.resolve()
  }

  contain(error: unknown): void {
    this.stats.add(this.counter, 1)
    const now = this.clock.monotonicMs()
    if (now - this.secondStartedMs >= 1000) {
      this.secondStartedMs = now
      this.inThisSecond = 0
    }
    this.inThisSecond++
    if (this.inThisSecond === 1)
      this.log.error('uncaught error', { error: messageOf(error), stack: error instanceof Error ? error.stack : undefined })
    if (this.inThisSecond > MOST_PER_SECOND) this.giveUp()
  }
}
