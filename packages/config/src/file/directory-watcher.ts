import { watch, type FSWatcher } from 'node:fs'

/**
 * Tells of changes in a set of directories. Directories are watched, never files: editors and ConfigMap mounts put a new file in the
 * place of the old one, and a watch on a file would stay with the old one.
 */
export class DirectoryWatcher {
  private readonly changed: () => void
  private readonly watchers = new Map<string, FSWatcher>()

  constructor(changed: () => void) {
    this.changed = changed
  }

  /** Watches these directories and no others. */
  watch(directories: readonly string[]): void {
    const wanted = new Set(directories)
    for (const [directory, watcher] of this.watchers) {
      if (wanted.has(directory)) continue
      watcher.close()
      this.watchers.delete(directory)
    }
    for (const directory of wanted) {
      if (!this.watchers.has(directory)) this.add(directory)
    }
  }

  close(): void {
    this.watch([])
  }

  private add(directory: string): void {
    try {
      const watcher = watch(directory, { persistent: false }, this.changed)
      // A directory that goes away ends its watch; the scan that its parent's event starts sorts it out.
      watcher.on('error', () => this.remove(directory, watcher))
      this.watchers.set(directory, watcher)
    } catch {
      this.changed()
    }
  }

  private remove(directory: string, watcher: FSWatcher): void {
    watcher.close()
    if (this.watchers.get(directory) === watcher) this.watchers.delete(directory)
    this.changed()
  }
}
