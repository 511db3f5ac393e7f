/** The books of one type: what is wanted, what runs, and the difference. */
export class WantedSet<T> {
  /** The last good configuration from the control plane. */
  readonly wanted: Map<string, T> = new Map()
  /** What the data plane runs. */
  readonly applied: Map<string, T> = new Map()
  /** Wanted, and not applied in this form yet. */
  readonly pending: Map<string, T> = new Map()
  /** Applied, and no longer wanted. */
  readonly stale: Set<string> = new Set()
  /** Grows with every change of the books, so that what is derived from them can be kept while it stands still. */
  revision = 0

  update(changed: ReadonlyMap<string, T>, removed: ReadonlySet<string>): void {
    this.revision++
    for (const name of removed) {
      this.wanted.delete(name)
      this.pending.delete(name)
      if (this.applied.has(name)) this.stale.add(name)
    }
    for (const [name, value] of changed) {
      this.wanted.set(name, value)
      this.pending.set(name, value)
      this.stale.delete(name)
    }
  }

  /** `value` is handed to the data plane now. */
  settle(name: string, value: T): void {
    this.revision++
    this.pending.delete(name)
    this.applied.set(name, value)
  }

  takeStale(): readonly string[] {
    const names = [...this.stale]
    for (const name of names) this.forget(name)
    return names
  }

  forget(name: string): void {
    this.revision++
    this.wanted.delete(name)
    this.applied.delete(name)
    this.pending.delete(name)
    this.stale.delete(name)
  }

  names(): readonly string[] {
    return [...new Set([...this.wanted.keys(), ...this.applied.keys()])]
  }

  /** What is wanted and what runs: during a change, both forms of the same name. */
  *all(): IterableIterator<T> {
    yield* this.wanted.values()
    for (const [name, value] of this.applied) if (this.wanted.get(name) !== value) yield value
  }
}
