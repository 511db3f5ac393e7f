import type { Clock, Timer } from '@meshwork/core/time'

/**
 * How long a resource that something waits for may stay away: after that, whoever waits goes on without it
 * (ConfigSource.initial_fetch_timeout, which is 15 seconds unless set). Each name is awaited once for as long as it is wanted.
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

  /** Nothing more is waited for `name`: it came too late, or the server said that there is none. */
  isOver(name: string): boolean {
    return this.over.has(name)
  }

  /** Starts the time of names that are new in `wanted`, and forgets those that are no longer in it. */
  await(wanted: ReadonlySet<string>): void {
    for (const [name, timer] of this.waiting) {
      if (wanted.has(name)) continue
      timer.cancel()
      this.waiting.delete(name)
    }
    for (const name of [...this.over]) if (!wanted.has(name)) this.over.delete(name)
    for (const name of wanted) {
      if (!this.waiting.has(name) && !this.over.has(name))
        this.waiting.set(
          name,
          this.clock.after(this.timeoutMs, () => this.expire(name)),
        )
    }
  }

  /** The server said that there is no such resource. */
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
