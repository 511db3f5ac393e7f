import type { Slot, StatsRegistry } from '@meshwork/core/metrics'

/** What became of log lines, beside Envoy's figures of its file logs (`filesystem.`). Each line is counted once, as written or as dropped. */
export class LogStats {
  private readonly registry: StatsRegistry
  private readonly linesWritten: Slot
  private readonly linesDropped: Slot
  private readonly writeCompleted: Slot
  private readonly writeFailed: Slot
  private readonly totalBuffered: Slot

  constructor(registry: StatsRegistry) {
    const scope = registry.scope('filesystem.', 'envoy_filesystem_', {})
    this.registry = registry
    this.linesWritten = scope.counter('lines_written')
    this.linesDropped = scope.counter('lines_dropped')
    this.writeCompleted = scope.counter('write_completed')
    this.writeFailed = scope.counter('write_failed')
    this.totalBuffered = scope.gauge('write_total_buffered')
  }

  written(lines: number): void {
    this.registry.add(this.writeCompleted, 1)
    this.registry.add(this.linesWritten, lines)
  }

  failed(): void {
    this.registry.add(this.writeFailed, 1)
  }

  dropped(lines: number): void {
    this.registry.add(this.linesDropped, lines)
  }

  /** Characters that wait, more or fewer. */
  waits(change: number): void {
    this.registry.add(this.totalBuffered, change)
  }
}
