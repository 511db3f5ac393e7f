import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Clock, Timer } from '@meshwork/core/time'

/** A ConfigMap in a pod follows its original within a minute; a second more is nothing. */
const POLL_MS = 1_000

/** Notices that other roots are to be trusted: what the old ones signed must be replaced before its time. State: a hash of the file. */
export class RootFileWatch {
  private readonly file: string
  private readonly clock: Clock
  private readonly changed: () => void
  private last: string | null = null
  private timer: Timer | null = null
  private isClosed = false

  constructor(file: string, clock: Clock, changed: () => void) {
    this.file = file
    this.clock = clock
    this.changed = changed
  }

  async start(): Promise<void> {
    this.last = await this.hash()
    this.wait()
  }

  close(): void {
    this.isClosed = true
    this.timer?.cancel()
  }

  private wait(): void {
    if (!this.isClosed) this.timer = this.clock.after(POLL_MS, () => void this.look())
  }

  private async look(): Promise<void> {
    const now = await this.hash()
    // A file that is being replaced may be missing for a moment: the next look sees it.
    if (now !== null && now !== this.last && !this.isClosed) {
      const isNew = this.last !== null
      this.last = now
      if (isNew) this.changed()
    }
    this.wait()
  }

  private async hash(): Promise<string | null> {
    try {
      return createHash('sha256')
        .update(await readFile(this.file))
        .digest('base64')
    } catch {
      return null
    }
  }
}
