import { close, open, write } from 'node:fs'
import type { Clock, Timer } from '@meshwork/core/time'
import type { AccessLogConfig } from '../model/access-log.ts'

/** Takes whole lines, each with its line feed. Never blocks. */
export interface LineSink {
  append(line: string): void
}

const FLUSH_AFTER_MS = 100
const FLUSH_AT_CHARS = 65_536
/** Lines waiting for a sink that does not take them; more are dropped and counted. */
const MAX_WAITING_CHARS = 16 * 1024 * 1024

/** A file or stdout: lines are gathered and written together, one write at a time. */
class BatchedSink implements LineSink {
  dropped = 0
  private readonly clock: Clock
  private readonly path: string
  private descriptor: number | null
  private waiting = ''
  private busy = false
  private timer: Timer | null = null

  constructor(clock: Clock, path: string, descriptor: number | null) {
    this.clock = clock
    this.path = path
    this.descriptor = descriptor
  }

  append(line: string): void {
    if (this.waiting.length > MAX_WAITING_CHARS) {
      this.dropped++
      return
    }
    this.waiting += line
    if (this.waiting.length >= FLUSH_AT_CHARS) this.flush(noop)
    else this.timer ??= this.clock.after(FLUSH_AFTER_MS, () => this.flush(noop))
  }

  flush(done: () => void): void {
    this.timer?.cancel()
    this.timer = null
    if (this.busy || this.waiting === '') {
      done()
      return
    }
    this.busy = true
    if (this.descriptor !== null) this.write(this.descriptor, done)
    else open(this.path, 'a', (error, descriptor) => this.opened(error, descriptor, done))
  }

  close(): Promise<void> {
    return new Promise(resolve => {
      this.flush(() => {
        const { descriptor } = this
        if (this.path === '' || descriptor === null) resolve()
        else close(descriptor, () => resolve())
      })
    })
  }

  private opened(error: Error | null, descriptor: number, done: () => void): void {
    if (error === null) {
      this.descriptor = descriptor
      this.write(descriptor, done)
      return
    }
    this.busy = false
    this.waiting = ''
    this.dropped++
    done()
  }

  private write(descriptor: number, done: () => void): void {
    const bytes = Buffer.from(this.waiting)
    this.waiting = ''
    this.writeRest(descriptor, bytes, done)
  }

  private writeRest(descriptor: number, bytes: Buffer, done: () => void): void {
    write(descriptor, bytes, (error, written) => {
      if (error === null && written < bytes.length) {
        this.writeRest(descriptor, bytes.subarray(written), done)
        return
      }
      if (error !== null) this.dropped++
      this.busy = false
      if (this.waiting.length >= FLUSH_AT_CHARS) this.flush(noop)
      else if (this.waiting !== '') this.timer ??= this.clock.after(FLUSH_AFTER_MS, () => this.flush(noop))
      done()
    })
  }
}

function noop(): void {}

const STDOUT_DESCRIPTOR = 1

/** All sinks of the process: logs that name the same file share one. */
export class LogSinks {
  private readonly clock: Clock
  private readonly sinks = new Map<string, BatchedSink>()

  constructor(clock: Clock) {
    this.clock = clock
  }

  open(sink: AccessLogConfig['sink']): LineSink {
    const path = sink.kind === 'stdout' || sink.path === '/dev/stdout' ? '' : sink.path
    const known = this.sinks.get(path)
    if (known !== undefined) return known
    const opened = new BatchedSink(this.clock, path, path === '' ? STDOUT_DESCRIPTOR : null)
    this.sinks.set(path, opened)
    return opened
  }

  async close(): Promise<void> {
    await Promise.all([...this.sinks.values()].map(sink => sink.close()))
  }
}
