import type { StatsRegistry } from '@meshwork/core/metrics'
import type { Clock } from '@meshwork/core/time'
import type { AccessLogConfig } from '../model/access-log.ts'
import { LogFile } from './log-file.ts'
import { LogStats } from './log-stats.ts'

/** Takes whole lines, each with its line feed. Never blocks. */
export interface LineSink {
  append(line: string): void
}

/** How long a stop waits for files that do not take their lines. */
const CLOSE_WITHIN_MS = 1000

/** All sinks of the process: logs that name the same file share one. */
export class LogSinks {
  private readonly clock: Clock
  private readonly stats: LogStats
  private readonly sinks = new Map<string, LogFile>()

  constructor(clock: Clock, stats: StatsRegistry) {
    this.clock = clock
    this.stats = new LogStats(stats)
  }

  open(sink: AccessLogConfig['sink']): LineSink {
    const path = sink.kind === 'stdout' ? '/dev/stdout' : sink.path
    const known = this.sinks.get(path)
    if (known !== undefined) return known
    const opened = new LogFile(path, this.clock, this.stats)
    this.sinks.set(path, opened)
    return opened
  }

  async close(): Promise<void> {
    await Promise.all([...this.sinks.values()].map(sink => sink.close(CLOSE_WITHIN_MS)))
  }
}
