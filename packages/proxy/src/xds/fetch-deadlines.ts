import type { Clock, Timer } from '@meshwork/core/time'

/**
 * How long a resource that something waits for may stay away: after that, whoever waits goes on without it
 * (ConfigSource.initial_fetch_timeout, which is 15 seconds unless set). Each name is awaited once for as long as it is asked for.
 */
export class FetchDeadlines {
  private readonly clock: Clock
  private readonly timeoutMs: number
  private readonly expired: () => void
  private readonly waiting = new Map<string, Timer>()
  private readonly over = new Set<string>()

  constructor(clock: Clock, timeoutMs: number, expired: () => void) {
    this.clock = clock
    this.timeoutMs = timeoutMs
    this.expired = expired
  }

  /** Nothing more is waited for `name`: it did not come in time, there is none, or its first form was refused. */
  isOver(name: string): boolean {
    return this.over.has(name)
  }

  /** Starts the time of names that are new in `missing`, and forgets those that are no longer in `asked`. */
  await(missing: ReadonlySet<string>, asked: ReadonlySet<string>): void {
    for (const [name, timer] of this.waiting) {
      if (missing.has(name)) continue
      timer.cancel()
      this.waiting.delete(name)
    }
    for (const name of [...this.over]) if (!asked.has(name)) this.over.delete(name)
    for (const name of missing) {
      if (!this.waiting.has(name) && !this.over.has(name))
        this.waiting.set(
          name,
          this.clock.after(this.timeoutMs, () => this.expire(name)),
        )
    }
  }

  /** The first answer about `name` was that there is none, or brought a form that was refused. */
  giveUp(name: string): void {
    this.waiting.get(name)?.cancel()
    if (this.waiting.delete(name)) this.over.add(name)
  }

  close(): void {
    for (const timer of this.waiting.values()) timer.cancel()
    this.waiting.clear()
  }

  private expire(name: string): void {
    this.waiting.delete(name)
    this.over.add(name)
    this.expired()
  }
}
