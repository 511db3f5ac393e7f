import type { Clock } from '@meshwork/core/time'
import { writeJson } from './state-file.ts'

const GATHER_MS = 20

/** Writes the newest state to a file soon after each change, never two writes at once. Owned by one supervisor. */
export class StatePublisher {
  private readonly path: string
  private readonly current: () => object
  private readonly clock: Clock
  private pending = false
  private closed = false
  private writing: Promise<void> = Promise.resolve()

  constructor(path: string, current: () => object, clock: Clock) {
    this.path = path
    this.current = current
    this.clock = clock
  }

  changed(): void {
    if (this.pending || this.closed) return
    this.pending = true
    this.clock.after(GATHER_MS, () => {
      this.pending = false
      if (!this.closed) void this.flush()
    })
  }

  flush(): Promise<void> {
    this.writing = this.writing.then(() => writeJson(this.path, this.current())).catch(() => undefined)
    return this.writing
  }

  /** After this the file is not written any more. */
  async close(): Promise<void> {
    this.closed = true
    await this.writing
  }
}
