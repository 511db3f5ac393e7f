import { CONTINUE, type FilterStatus, PAUSE } from '../filter.ts'
import type { CompressorLibrary } from './filter.ts'

/** One direction's body through a compressor of node:zlib, which works in threads of its own: each piece is waited for. */
export class BodyTransform {
  private readonly coder: ReturnType<CompressorLibrary['create']>
  private readonly flushKind: number
  private closed = false

  constructor(library: CompressorLibrary, emit: (chunk: Buffer) => void) {
    this.coder = library.create()
    this.flushKind = library.flushKind
    this.coder.on('data', (chunk: Buffer) => {
      if (!this.closed) emit(chunk)
    })
    this.coder.on('error', () => this.close())
  }

  /** Each piece goes on in full, so that slow responses are not held back. `done`: it has. */
  write(chunk: Buffer, done: () => void): FilterStatus {
    this.coder.write(Buffer.from(chunk))
    this.coder.flush(this.flushKind, () => {
      // The last bytes come out in this turn of the loop.
      if (!this.closed) setImmediate(done)
    })
    return PAUSE
  }

  end(done: () => void): FilterStatus {
    if (this.closed) return CONTINUE
    this.coder.once('end', done)
    this.coder.end()
    return PAUSE
  }

  close(): void {
    this.closed = true
    this.coder.destroy()
  }
}
