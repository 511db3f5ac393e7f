import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import type { Slot, StatsRegistry } from '@meshwork/core/metrics'
import type { Clock, Timer } from '@meshwork/core/time'

/** How often the event loop is asked whether it still turns. */
const BEAT_MS = 200
/** Delays of Envoy's watchdog (config.bootstrap.v3.Watchdog): a loop that did not turn for so long missed, or mega-missed. */
const MISS_MS = 200
const MEGAMISS_MS = 1000

/**
 * Notices stalls of the event loop, which serves all traffic: counts them as Envoy's watchdog does (`server.main_thread.watchdog_miss`,
 * `watchdog_mega_miss`) and logs the long ones, when they are over. `StallReporter` tells where the loop hangs while it does.
 */
export class Watchdog implements Runner {
  readonly name = 'watchdog'
  private readonly clock: Clock
  private readonly log: Logger
  private readonly stats: StatsRegistry
  private readonly missed: Slot
  private readonly megaMissed: Slot
  private timer: Timer | null = null
  private expectedMs = 0

  constructor(clock: Clock, log: Logger, stats: StatsRegistry) {
    this.clock = clock
    this.log = log
    this.stats = stats
    const scope = stats.scope('server.main_thread.', 'envoy_server_main_thread_', {})
    this.missed = scope.counter('watchdog_miss')
    this.megaMissed = scope.counter('watchdog_mega_miss')
  }

  start(): Promise<void> {
    this.arm()
    return Promise.resolve()
  }

  close(): Promise<void> {
    this.timer?.cancel()
    return Promise.resolve()
  }

  private arm(): void {
    this.expectedMs = this.clock.monotonicMs() + BEAT_MS
    this.timer = this.clock.after(BEAT_MS, () => this.beat())
  }

  private beat(): void {
    const stalledMs = this.clock.monotonicMs() - this.expectedMs
    this.arm()
    if (stalledMs < MISS_MS) return
    this.stats.add(this.missed, 1)
    if (stalledMs < MEGAMISS_MS) return
    this.stats.add(this.megaMissed, 1)
    this.log.warn('the event loop stalled', { ms: Math.round(stalledMs) })
  }
}
