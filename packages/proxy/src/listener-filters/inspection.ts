import type { Socket } from 'node:net'
import type { Clock, Timer } from '@meshwork/core/time'
import type { ArrivingConnection } from './arriving-connection.ts'
import { CLOSE, type ListenerFilter, MORE } from './listener-filter.ts'

/** How an inspection ended. */
export type InspectionEnd = 'done' | 'refused' | 'timeout' | 'client-left'

export interface RunningListenerFilter {
  readonly filter: ListenerFilter
  readonly enabledFor: (localPort: number) => boolean
}

export interface InspectionOptions {
  readonly filters: readonly RunningListenerFilter[]
  readonly clock: Clock
  /** 0: no limit. */
  readonly timeoutMs: number
  /** What is known when time is up is enough; otherwise the connection is closed then. */
  readonly continueOnTimeout: boolean
}

/** `rest`: bytes that belong to the filter chain. `timedOut`: also where the inspection counts as done then. */
export type InspectionDone = (end: InspectionEnd, rest: Buffer, timedOut: boolean) => void

/** A PROXY header of the greatest length, and the largest ClientHello that is read. */
const MAX_INSPECTED_BYTES = 160 * 1024
const NOTHING = Buffer.alloc(0)

/**
 * Runs the listener filters of one connection in order. Reads only while a filter wants bytes, so a client that waits for the
 * server to speak first is held up by nothing but the time limit.
 */
export class Inspection {
  private readonly socket: Socket
  private readonly connection: ArrivingConnection
  private readonly options: InspectionOptions
  private readonly done: InspectionDone
  private cursor = 0
  private bytes: Buffer = NOTHING
  private start = 0
  private end = 0
  private reading = false
  private timer: Timer | null = null

  /** `done` is called once. */
  constructor(socket: Socket, connection: ArrivingConnection, options: InspectionOptions, done: InspectionDone) {
    this.socket = socket
    this.connection = connection
    this.options = options
    this.done = done
  }

  /** Runs filters until one wants bytes that are not there. */
  run(): void {
    const { filters } = this.options
    while (this.cursor < filters.length) {
      const running = filters[this.cursor]
      if (running !== undefined && running.enabledFor(this.connection.localPort)) {
        const answer = running.filter.inspect(this.connection, this.bytes.subarray(this.start, this.end))
        this.start += this.connection.takeConsumed()
        if (answer === CLOSE) return this.settle('refused')
        if (answer === MORE) return this.wait()
      }
      this.cursor++
    }
    this.settle('done')
  }

  private wait(): void {
    if (this.end - this.start >= MAX_INSPECTED_BYTES) return this.settle('refused')
    if (this.reading) return
    this.reading = true
    const { socket, options } = this
    socket.on('data', this.onData)
    socket.once('end', this.onLeft)
    socket.once('close', this.onLeft)
    if (options.timeoutMs > 0) this.timer = options.clock.after(options.timeoutMs, () => this.onTimeout())
    socket.resume()
  }

  private readonly onData = (chunk: Buffer): void => {
    this.append(chunk)
    this.run()
  }

  private readonly onLeft = (): void => this.settle('client-left')

  private onTimeout(): void {
    this.settle(this.options.continueOnTimeout ? 'done' : 'timeout', true)
  }

  /** Room doubles, so that a client that sends single bytes costs no more than one that does not. */
  private append(chunk: Buffer): void {
    if (this.start === this.end) {
      this.bytes = chunk
      this.start = 0
      this.end = chunk.length
      return
    }
    if (this.end + chunk.length > this.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(512, 2 * (this.end - this.start + chunk.length)))
      this.bytes.copy(larger, 0, this.start, this.end)
      this.end -= this.start
      this.start = 0
      this.bytes = larger
    }
    chunk.copy(this.bytes, this.end)
    this.end += chunk.length
  }

  private settle(end: InspectionEnd, timedOut = false): void {
    this.timer?.cancel()
    if (this.reading) {
      const { socket } = this
      socket.off('data', this.onData)
      socket.off('end', this.onLeft)
      socket.off('close', this.onLeft)
      socket.pause()
    }
    this.done(end, this.bytes.subarray(this.start, this.end), timedOut)
  }
}
