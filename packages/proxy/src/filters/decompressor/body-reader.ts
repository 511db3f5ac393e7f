import type { BrotliDecompress, Gunzip, ZstdDecompress } from 'node:zlib'
import type { DecompressorLibrary } from './library.ts'

/** One direction's body through a decompressor of node:zlib, which works in threads of its own: each piece is waited for. */
export class BodyReader {
  bytesIn = 0
  bytesOut = 0
  private readonly coder: Gunzip | BrotliDecompress | ZstdDecompress
  private readonly maxRatio: number
  private readonly emit: (chunk: Buffer) => void
  private readonly onBroken: () => void
  private waiting: (() => void) | null = null
  private over = false

  /** `broken`: told once, when the body is not what it says, or becomes too large; nothing is emitted after that. */
  constructor(library: DecompressorLibrary, emit: (chunk: Buffer) => void, broken: () => void) {
    this.coder = library.create()
    this.maxRatio = library.maxRatio
    this.emit = emit
    this.onBroken = broken
    this.coder.on('data', this.onData)
    this.coder.on('end', this.goOn)
    this.coder.on('error', () => this.fail())
  }

  /** False: nothing will come of it. `done`: all that comes of it has come. */
  write(chunk: Buffer, done: () => void): boolean {
    if (this.over) return false
    this.bytesIn += chunk.length
    this.waiting = done
    this.coder.write(Buffer.from(chunk), this.onWritten)
    return true
  }

  /** False: it has ended already. */
  end(done: () => void): boolean {
    if (this.over) return false
    this.waiting = done
    this.coder.end()
    return true
  }

  close(): void {
    this.over = true
    this.waiting = null
    this.coder.destroy()
  }

  private readonly onData = (chunk: Buffer): void => {
    if (this.over) return
    this.bytesOut += chunk.length
    if (this.bytesOut > this.bytesIn * this.maxRatio) this.fail()
    else this.emit(chunk)
  }

  /** The last bytes come out in this turn of the loop. */
  private readonly onWritten = (): void => void setImmediate(this.goOn)

  private readonly goOn = (): void => {
    const done = this.waiting
    this.waiting = null
    done?.()
  }

  private fail(): void {
    if (this.over) return
    this.over = true
    this.coder.destroy()
    this.onBroken()
    this.goOn()
  }
}
