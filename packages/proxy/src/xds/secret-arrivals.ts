import type { Clock } from '@meshwork/core/time'
import { FetchDeadlines } from './fetch-deadlines.ts'

/** Which of the secrets that the control plane delivers have come, or need not be waited for any longer. */
export class SecretArrivals {
  private readonly deadlines: FetchDeadlines
  private readonly known = new Set<string>()
  private names: ReadonlySet<string> = new Set()

  /** `expired` is called when a name's time is over. */
  constructor(clock: Clock, timeoutMs: number, expired: () => void) {
    this.deadlines = new FetchDeadlines(clock, timeoutMs, expired)
  }

  get wanted(): ReadonlySet<string> {
    return this.names
  }

  /** Whether that changes what is wanted. */
  want(names: ReadonlySet<string>): boolean {
    const changed = names.size !== this.names.size || [...names].some(name => !this.names.has(name))
    this.names = names
    for (const name of this.known) if (!names.has(name)) this.known.delete(name)
    this.deadlines.await(new Set([...names].filter(name => !this.known.has(name))), names)
    return changed
  }

  arrived({ changed, removed, refused }: Arrival): void {
    for (const name of [...removed, ...refused]) this.deadlines.giveUp(name)
    for (const name of changed.keys()) this.known.add(name)
    this.want(this.names)
  }

  areThere(names: ReadonlySet<string>): boolean {
    for (const name of names) if (!this.known.has(name) && !this.deadlines.isOver(name)) return false
    return true
  }

  close(): void {
    this.deadlines.close()
  }
}

/** What one response said about secrets. */
export interface Arrival {
  readonly changed: ReadonlyMap<string, unknown>
  readonly removed: ReadonlySet<string>
  readonly refused: ReadonlySet<string>
}
