import { connect, type Socket } from 'node:net'

/** Sends `opening`, and then a byte at a time, or nothing more; never reads if told so. */
export interface PatientClientOptions {
  readonly opening: Buffer | string
  /** Sent again and again, one byte each `trickleMs`. Empty: nothing. */
  readonly trickle?: string
  readonly trickleMs?: number
  /** Leaves what comes in the buffers of the system. */
  readonly deaf?: boolean
}

/** A client that takes its time, to make the other side keep something for it. */
export class PatientClient implements Disposable {
  /** When the other side ended the connection, milliseconds after it was opened; null: it did not. */
  endedAfterMs: number | null = null
  /** What came, as latin1; empty for a deaf one. */
  received = ''
  private readonly socket: Socket
  private readonly timer: NodeJS.Timeout | null
  private sent = 0

  constructor(port: number, { opening, trickle = '', trickleMs = 100, deaf = false }: PatientClientOptions) {
    const began = performance.now()
    this.socket = connect(port, '127.0.0.1')
    this.socket.on('error', () => undefined)
    this.socket.once('close', () => {
      this.endedAfterMs ??= performance.now() - began
      if (this.timer !== null) clearInterval(this.timer)
    })
    if (!deaf) {
      this.socket.on('data', (bytes: Buffer) => (this.received += bytes.toString('latin1')))
      this.socket.once('end', () => (this.endedAfterMs ??= performance.now() - began))
    }
    this.socket.write(opening)
    this.timer = trickle === '' ? null : setInterval(() => this.socket.write(trickle.charAt(this.sent++ % trickle.length)), trickleMs)
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }
}
