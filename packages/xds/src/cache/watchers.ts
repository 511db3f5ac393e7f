import type { CacheListener } from './cache.ts'

/** Who waits for changes, by key. */
export class Watchers {
  private readonly byKey = new Map<string, Set<CacheListener>>()

  add(key: string, changed: CacheListener): () => void {
    let listeners = this.byKey.get(key)
    if (listeners === undefined) {
      listeners = new Set()
      this.byKey.set(key, listeners)
    }
    // The same function may watch twice, so each watch is its own entry.
    const entry: CacheListener = names => changed(names)
    listeners.add(entry)
    return () => this.remove(key, entry)
  }

  /** A listener that unsubscribes, itself or another, while being told does not disturb the others. */
  notify(key: string, names: ReadonlySet<string> | null): void {
    const listeners = this.byKey.get(key)
    if (listeners === undefined) return
    for (const listener of [...listeners]) {
      if (listeners.has(listener)) listener(names)
    }
  }

  private remove(key: string, entry: CacheListener): void {
    const listeners = this.byKey.get(key)
    listeners?.delete(entry)
    if (listeners?.size === 0) this.byKey.delete(key)
  }
}
