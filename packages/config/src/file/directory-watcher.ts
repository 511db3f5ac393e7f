import { watch, type FSWatcher } from 'node:fs'
import { reasonOf, type FoundDirectory } from './scan.ts'

/** A directory whose changes will go unnoticed. */
export interface Unwatched {
  readonly file: string
  readonly reason: string
}

/**
 * Tells of changes in a set of directories. Directories are watched, never files: editors and ConfigMap mounts put a new file in the
 * place of the old one, and a watch on a file would stay with the old one.
 */
export class DirectoryWatcher {
  private readonly changed: () => void
  /** By identity, not by path: a directory made anew under an old name needs a new watch. */
  private readonly watchers = new Map<string, FSWatcher>()

  constructor(changed: () => void) {
    this.changed = changed
  }

  /** Watches these directories and no others. Gives those that the system refuses to watch. */
  watch(directories: readonly FoundDirectory[]): readonly Unwatched[] {
    const wanted = new Map(directories.map(directory => [`${directory.path} ${directory.stamp}`, directory.path]))
    for (const [identity, watcher] of this.watchers) {
      if (wanted.has(identity)) continue
      watcher.close()
      this.watchers.delete(identity)
    }
    return [...wanted].flatMap(([identity, path]) => (this.watchers.has(identity) ? [] : this.add(identity, path)))
  }

  close(): void {
    this.watch([])
  }

  private add(identity: string, path: string): readonly Unwatched[] {
    try {
      const watcher = watch(path, { persistent: false }, this.changed)
      // A directory that goes away may end its watch with an error; the scan that its parent's event starts sorts it out.
      watcher.on('error', this.changed)
      this.watchers.set(identity, watcher)
      return []
    } catch (thrown) {
      // Gone since the scan: its parent tells.
      const gone = thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT'
      return gone ? [] : [{ file: path, reason: reasonOf(thrown) }]
    }
  }
}
