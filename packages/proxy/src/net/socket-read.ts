import type { Transport } from './transport.ts'

/** One buffer for most reads of the process: a read callback runs to its end before the next read begins. */
const SHARED_BYTES = 65_536
const sharedBuffer = Buffer.allocUnsafeSlow(SHARED_BYTES)

/** Size of a buffer that one connection has for itself; measured: the cost per byte hardly falls beyond. */
const OWN_BYTES = 524_288
/** So many reads in a row that each bring less than this end a flow of bulk data: single ones are where an answer ends. */
const BULK_BYTES = 32_768
const SMALL_READS = 16
/** Buffers of their own that connections may have at the same time; further connections go on with the shared one. */
const MAX_OWN_BUFFERS = 32

/** Buffers for connections on which bulk data flows. */
class OwnBuffers {
  private readonly free: Buffer[] = []
  private used = 0

  /** null: too many are in use. */
  take(): Buffer | null {
    if (this.used >= MAX_OWN_BUFFERS) return null
    this.used++
    return this.free.pop() ?? Buffer.allocUnsafeSlow(OWN_BYTES)
  }

  giveBack(buffer: Buffer): void {
    this.used--
    this.free.push(buffer)
  }

  /** What was read into it may still wait to be written: it is left to the garbage collector. */
  forsake(): void {
    this.used--
  }
}

const ownBuffers = new OwnBuffers()

/**
 * Where a socket reads to: the buffer that all sockets share, or, while bulk data flows and its receiver can make use of it,
 * a larger one of its own, whose bytes can be written onwards without a copy. `onread` is for `net.Socket`.
 */
export class SocketRead {
  transport: Transport | null = null
  readonly onread: { readonly buffer: () => Uint8Array; readonly callback: (size: number) => boolean }
  private buffer: Buffer = sharedBuffer
  private smallReads = 0

  constructor() {
    this.onread = {
      // Asked before the first read and after each callback.
      buffer: () => this.buffer,
      callback: size => {
        this.onRead(size)
        return true
      },
    }
  }

  get owns(): boolean {
    return this.buffer !== sharedBuffer
  }

  /** The socket is closed. */
  end(): void {
    if (this.owns) ownBuffers.forsake()
    this.buffer = sharedBuffer
  }

  private onRead(size: number): void {
    const { transport } = this
    if (transport === null) return
    transport.receive(this.buffer, size)
    if (!transport.bulk || transport.closed) return
    if (this.owns) {
      this.smallReads = size < BULK_BYTES ? this.smallReads + 1 : 0
      // Of a paused connection the buffer may be lent.
      if (this.smallReads >= SMALL_READS && !transport.paused) this.shrink()
    } else if (size === SHARED_BYTES) {
      this.grow()
    }
  }

  private grow(): void {
    const own = ownBuffers.take()
    if (own === null) return
    this.buffer = own
    this.smallReads = 0
  }

  private shrink(): void {
    ownBuffers.giveBack(this.buffer)
    this.buffer = sharedBuffer
  }
}
