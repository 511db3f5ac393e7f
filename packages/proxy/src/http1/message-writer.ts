import type { HeaderTable } from '../http/header-table.ts'
import { SMALL_BYTES, type Transport } from '../net/transport.ts'
import { CHUNK_END, chunkHead, encodeLastChunk, type NameCase } from './encode.ts'

/** Writes messages one after another, in as few writes as possible: head, small data and end leave together. */
export class MessageWriter {
  private readonly transport: Transport
  /** Text that leaves with the next write or `flush`. */
  private pending = ''
  private chunked = false
  private readonly nameCase: NameCase
  private readonly trailers: boolean

  /** `trailers`: they are sent; otherwise dropped. */
  constructor(transport: Transport, nameCase: NameCase = 'lower', trailers: boolean = false) {
    this.transport = transport
    this.nameCase = nameCase
    this.trailers = trailers
  }

  /** Keeps the head back until more comes. `chunked`: so the body is framed. */
  begin(head: string, chunked: boolean): void {
    this.pending = head
    this.chunked = chunked
  }

  /** `volatile`: the chunk is a view into a buffer that will be read into again. */
  data(chunk: Buffer, volatile: boolean): void {
    // A chunk of no bytes would be the end of the body (RFC 9112 7.1).
    if (chunk.length === 0) return
    const before = this.takePending() + (this.chunked ? chunkHead(chunk.length) : '')
    const after = this.chunked ? CHUNK_END : ''
    if (chunk.length <= SMALL_BYTES) this.pending = before + chunk.toString('latin1') + after
    else this.transport.writeFramed(before, chunk, after, volatile)
  }

  end(trailers: HeaderTable | null): void {
    const text = this.takePending() + (this.chunked ? encodeLastChunk(this.trailers ? trailers : null, this.nameCase) : '')
    if (text !== '') this.transport.writeText(text)
  }

  flush(): void {
    if (this.pending !== '') this.transport.writeText(this.takePending())
  }

  private takePending(): string {
    const text = this.pending
    this.pending = ''
    return text
  }
}
