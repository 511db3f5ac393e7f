import { close, constants, open, write } from 'node:fs'
import type { Clock, Timer } from '@meshwork/core/time'
import type { LineSink } from './log-sinks.ts'
import type { LogStats } from './log-stats.ts'

const FLUSH_AFTER_MS = 100
/** Lines are joined into blocks of about this size, and written block by block. */
const BLOCK_CHARS = 65_536
/** What may wait for a file that does not take it; further lines are dropped and counted. */
const MAX_WAITING_CHARS = 16 * 2 ** 20
/** A full pipe is tried again after this, and after twice the time when it is still full, up to `LONGEST_RETRY_MS`. */
const FIRST_RETRY_MS = 1
const LONGEST_RETRY_MS = 100
/** A file that could not be opened is tried again after this. */
const REOPEN_MS = 1000
const STDOUT = '/dev/stdout'
const STDOUT_DESCRIPTOR = 1
const LINE_FEED = 0x0a
/** A pipe that nobody reads says so instead of holding a thread of the process, which has only a few of them for all files. */
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK
const MODE = 0o644

/**
 * A log file, a pipe or stdout. Lines are gathered and written together, one write at a time, never on the event loop.
 * Lines that the file does not take in time, or at all, are dropped whole and counted; a line is never left without its end.
 */
export class LogFile implements LineSink {
  private readonly path: string
  private readonly clock: Clock
  private readonly stats: LogStats
  private descriptor: number | null = null
  /** Whole lines, oldest first; the last block still grows. */
  private blocks: string[] = []
  private block = ''
  private waiting = 0
  /** The block that is being written, from `at`. */
  private current: Buffer | null = null
  private at = 0
  /** Bytes of it that end an earlier line, which is counted already. */
  private prefix = 0
  /** The last byte that the file took was not the end of a line. */
  private torn = false
  private busy = false
  private retryMs = FIRST_RETRY_MS
  private timer: Timer | null = null
  private onIdle: (() => void) | null = null

  constructor(path: string, clock: Clock, stats: LogStats) {
    this.path = path
    this.clock = clock
    this.stats = stats
  }

  append(line: string): void {
    if (this.waiting + line.length > MAX_WAITING_CHARS) {
      this.stats.dropped(1)
      return
    }
    this.block += line
    this.wait(line.length)
    if (this.block.length < BLOCK_CHARS) {
      this.timer ??= this.clock.after(FLUSH_AFTER_MS, this.flush)
      return
    }
    this.blocks.push(this.block)
    this.block = ''
    // A block that the file has refused for now has its own time to be tried again.
    if (!this.busy && this.current === null) this.flush()
  }

  /** Writes what waits, for at most `limitMs`, and closes the file. What is left then is dropped and counted. */
  async close(limitMs: number): Promise<void> {
    const idle = new Promise<void>(resolve => (this.onIdle = resolve))
    const limit = this.clock.after(limitMs, () => this.onIdle?.())
    this.flush()
    await idle
    limit.cancel()
    this.timer?.cancel()
    this.onIdle = null
    this.discardAll()
    const { descriptor } = this
    if (descriptor !== null && descriptor !== STDOUT_DESCRIPTOR && !this.busy)
      await new Promise<void>(resolve => close(descriptor, () => resolve()))
  }

  private readonly flush = (): void => {
    this.timer?.cancel()
    this.timer = null
    if (this.busy) return
    if (this.current === null && !this.takeBlock()) {
      this.onIdle?.()
      return
    }
    this.busy = true
    if (this.descriptor !== null) this.writeRest(this.descriptor)
    else open(this.path, FLAGS, MODE, (error, descriptor) => this.opened(error, descriptor))
  }

  private takeBlock(): boolean {
    let block = this.blocks.shift()
    if (block === undefined) {
      block = this.block
      this.block = ''
    }
    if (block === '') return false
    // What is left of a line that broke off must not become part of the next one.
    this.prefix = this.torn ? 1 : 0
    this.current = Buffer.from(this.torn ? `\n${block}` : block)
    this.at = 0
    this.wait(-block.length)
    return true
  }

  private opened(error: NodeJS.ErrnoException | null, descriptor: number): void {
    if (error === null) this.descriptor = descriptor
    // A socket has no path to open, and another user's terminal may not be opened again.
    else if (this.path === STDOUT) this.descriptor = STDOUT_DESCRIPTOR
    if (this.descriptor !== null) {
      this.writeRest(this.descriptor)
      return
    }
    this.stats.failed()
    // ENXIO: a pipe that nobody reads yet.
    if (error?.code !== 'ENXIO') this.discardAll()
    this.rest(REOPEN_MS)
  }

  private writeRest(descriptor: number): void {
    const { current } = this
    if (current === null) return
    write(descriptor, current, this.at, (error, written) => {
      if (error === null) this.took(current, written)
      else this.refused(error)
    })
  }

  private took(current: Buffer, written: number): void {
    const end = this.at + written
    this.torn = current[end - 1] !== LINE_FEED
    this.stats.written(countLines(current, Math.max(this.at, this.prefix), end))
    this.at = end
    this.retryMs = FIRST_RETRY_MS
    if (end < current.length && this.descriptor !== null) {
      this.writeRest(this.descriptor)
      return
    }
    this.current = null
    this.busy = false
    if (this.blocks.length > 0 || this.onIdle !== null) this.flush()
    else if (this.block !== '') this.timer ??= this.clock.after(FLUSH_AFTER_MS, this.flush)
  }

  private refused(error: NodeJS.ErrnoException): void {
    if (error.code === 'EAGAIN') {
      this.rest(this.retryMs)
      this.retryMs = Math.min(this.retryMs * 2, LONGEST_RETRY_MS)
      return
    }
    this.stats.failed()
    this.discardCurrent()
    if (error.code === 'EPIPE' && this.descriptor !== null && this.descriptor !== STDOUT_DESCRIPTOR) {
      close(this.descriptor)
      this.descriptor = null
    }
    this.rest(LONGEST_RETRY_MS)
  }

  private rest(delayMs: number): void {
    this.busy = false
    this.timer?.cancel()
    if (this.onIdle !== null && this.waiting === 0 && this.current === null) this.onIdle()
    else this.timer = this.clock.after(delayMs, this.flush)
  }

  private discardCurrent(): void {
    if (this.current !== null) this.stats.dropped(countLines(this.current, Math.max(this.at, this.prefix), this.current.length))
    this.current = null
  }

  private discardAll(): void {
    this.discardCurrent()
    while (this.takeBlock()) this.discardCurrent()
  }

  private wait(chars: number): void {
    this.waiting += chars
    this.stats.waits(chars)
  }
}

function countLines(bytes: Buffer, from: number, to: number): number {
  let lines = 0
  for (let at = bytes.indexOf(LINE_FEED, from); at >= 0 && at < to; at = bytes.indexOf(LINE_FEED, at + 1)) lines++
  return lines
}
