import { url as inspectorUrl } from 'node:inspector'
import { Worker } from 'node:worker_threads'
import type { Runner } from '@meshwork/core/lifecycle'
import type { Clock, Timer } from '@meshwork/core/time'
import { BEAT_MS, type StallThreadData } from './stall-thread-data.ts'

/** The thread needs little; without bounds V8 would give it as much as the main one. */
const THREAD_LIMITS = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 }

/**
 * Watches the event loop, which serves all traffic, from a thread of its own: says within a second where a loop hangs that no longer
 * turns, while it hangs, and ends the process when it hangs for 5 s. For whole processes only, because it speaks of the main thread.
 */
export class StallReporter implements Runner {
  readonly name = 'stall reporter'
  private readonly clock: Clock
  private readonly beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  private thread: Worker | null = null
  private timer: Timer | null = null

  constructor(clock: Clock) {
    this.clock = clock
  }

  start(): Promise<void> {
    const workerData: StallThreadData = { beats: this.beats, mayEnd: inspectorUrl() === undefined }
    // Beside this file in every form of the program: source, compiled, and one file.
    const file = `./stall-thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`
    this.thread = new Worker(new URL(file, import.meta.url), { workerData, resourceLimits: THREAD_LIMITS, execArgv: [] })
    this.thread.unref()
    this.beat()
    return Promise.resolve()
  }

  async close(): Promise<void> {
    this.timer?.cancel()
    await this.thread?.terminate()
  }

  private beat(): void {
    Atomics.add(this.beats, 0, 1)
    this.timer = this.clock.after(BEAT_MS, () => this.beat())
  }
}
