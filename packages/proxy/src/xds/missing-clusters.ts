import type { Clock } from '@meshwork/core/time'
import { FetchDeadlines } from './fetch-deadlines.ts'

/**
 * How long a changed route table or listener waits for clusters that are defined nowhere yet: a push may come in parts and in any
 * order, and until then the form that runs is the better one.
 */
const PATIENCE_MS = 2000

/** Clusters that changed routes and listeners name and that nobody defined so far. First forms wait for none: they are better than nothing. */
export class MissingClusters {
  private readonly isKnown: (name: string) => boolean
  private readonly deadlines: FetchDeadlines

  /** `expired`: patience with a name ended. */
  constructor(clock: Clock, isKnown: (name: string) => boolean, expired: () => void) {
    this.isKnown = isKnown
    this.deadlines = new FetchDeadlines(clock, PATIENCE_MS, expired)
  }

  /** What `next` names, is not known, and was not named by the form that runs. null: none runs. */
  of(next: ReadonlySet<string>, running: ReadonlySet<string> | null): readonly string[] {
    if (running === null) return []
    return [...next].filter(name => !running.has(name) && !this.isKnown(name))
  }

  /** Whether the change must wait, because the time of one of the clusters it lacks is not over. */
  delay(next: ReadonlySet<string>, running: ReadonlySet<string> | null): boolean {
    return this.of(next, running).some(name => !this.deadlines.isOver(name))
  }

  /** All names that any change lacks now: the time of new ones begins, others are forgotten. */
  await(names: ReadonlySet<string>): void {
    this.deadlines.await(names, names)
  }

  close(): void {
    this.deadlines.close()
  }
}
