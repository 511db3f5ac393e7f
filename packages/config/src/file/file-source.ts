import { messageOf, MeshError } from '@meshwork/core/result'
import type { Clock } from '@meshwork/core/time'
import { objectParser, type ObjectParser } from '../kinds/index.ts'
import { Publisher } from '../source/publisher.ts'
import type { ConfigBatch, ConfigSource } from '../source/source.ts'
import { Debounce } from './debounce.ts'
import { DirectoryWatcher } from './directory-watcher.ts'
import { FolderState } from './folder-state.ts'
import type { FoundDirectory } from './scan.ts'

export interface FileSourceOptions {
  /** A file, or a directory that is read with all below it. */
  readonly root: string
  readonly clock: Clock
  /** Time without a change after which files are read again, in milliseconds; 20 if unset. Editors write in several steps. */
  readonly settleMs?: number
  /** Of all kinds if unset. */
  readonly parser?: ObjectParser
  /** Read once only. */
  readonly watch?: boolean
}

const DEFAULT_SETTLE_MS = 20
/** Where something is always being written, files are read after so many times of the settling time all the same. */
const LONGEST_WAIT_FACTOR = 10

/**
 * Configuration from files. State: `folder` holds the last good objects of every file and belongs to `rescan`, which never runs
 * twice at once; a change that comes while it runs starts it once more. Batches leave in the order of the scans.
 */
export class FileSource implements ConfigSource {
  private readonly options: FileSourceOptions
  private readonly folder: FolderState
  private readonly publisher = new Publisher()
  private readonly watcher: DirectoryWatcher
  private readonly settle: Debounce
  private scanning: Promise<void> = Promise.resolve()
  private closed = false

  constructor(options: FileSourceOptions) {
    this.options = options
    this.folder = new FolderState(options.root, options.parser ?? objectParser())
    const quietMs = options.settleMs ?? DEFAULT_SETTLE_MS
    this.settle = new Debounce(options.clock, { quietMs, longestMs: quietMs * LONGEST_WAIT_FACTOR }, () => this.enqueue())
    this.watcher = new DirectoryWatcher(() => this.settle.touch())
  }

  async start(sink: (batch: ConfigBatch) => void): Promise<void> {
    const scan = await this.folder.refresh()
    const rootProblem = scan.problems.find(problem => problem.file === this.options.root)
    if (rootProblem !== undefined) {
      throw new MeshError('CONFIG_NOT_READABLE', `cannot read configuration at ${this.options.root}: ${rootProblem.reason}`, {
        source: 'config',
        nextStep: 'name a directory with YAML files, or a YAML file',
      })
    }
    this.watch(scan.directories)
    this.publisher.open(sink, this.folder.merged())
    // What changed between the scan and the first watch would go unnoticed.
    if (this.options.watch !== false) this.settle.touch()
  }

  async close(): Promise<void> {
    this.closed = true
    this.settle.cancel()
    this.watcher.close()
    this.publisher.close()
    await this.scanning
  }

  private watch(directories: readonly FoundDirectory[]): void {
    if (this.options.watch === false) return
    const [unwatched] = this.watcher.watch(directories)
    if (unwatched === undefined) return
    throw new MeshError('CONFIG_NOT_WATCHED', `cannot watch ${unwatched.file}: ${unwatched.reason}`, {
      source: 'config',
      nextStep: 'raise the limit, or keep configuration in fewer directories',
    })
  }

  private enqueue(): void {
    this.scanning = this.scanning.then(() => this.rescan())
  }

  private async rescan(): Promise<void> {
    if (this.closed) return
    try {
      const scan = await this.folder.refresh()
      if (this.isClosed()) return
      this.watch(scan.directories)
      this.publisher.publish(this.folder.merged())
      if (scan.unsettled) this.settle.touch()
    } catch (thrown) {
      this.publisher.publish(this.folder.failed(messageOf(thrown)))
    }
  }

  /** `close` may have run during an await. */
  private isClosed(): boolean {
    return this.closed
  }
}
