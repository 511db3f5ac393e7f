import type { Runner } from '@meshwork/core/lifecycle'
import type { Logger } from '@meshwork/core/log'
import type { StatsRegistry } from '@meshwork/core/metrics'
import type { Clock } from '@meshwork/core/time'
import { ContainedErrors } from './contained-errors.ts'
import { Watchdog } from './watchdog.ts'

/** What keeps a proxy alive and tells when it is not well. They start first and stop last. */
export function guards(clock: Clock, log: Logger, stats: StatsRegistry): readonly Runner[] {
  // A process that gives up ends as one that crashed, so that its supervisor starts another.
  const giveUp = (): void => process.exit(1)
  return [new ContainedErrors({ clock, log, stats, giveUp }), new Watchdog(clock, log, stats)]
}
