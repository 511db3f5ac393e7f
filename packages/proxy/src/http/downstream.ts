import type { ConnectionFacts } from '../filters/filter.ts'
import type { HeaderTable } from './header-table.ts'

/** What a stream answers to: what the stream needs of a codec, whatever the protocol. One for each stream, or for all of a connection. */
export interface Downstream {
  readonly facts: ConnectionFacts
  /** `HTTP/1.1` or `HTTP/2`. */
  readonly protocol: string
  /** The client does not take more bytes at the moment; `onDownstreamDrain` of the stream follows. */
  readonly congested: boolean
  /**
   * `endStream`: no data follows. Framing fields are the codec's business: `headers` has none but `content-length`.
   * A status that accepts an upgrade (101, or 2xx to CONNECT) makes a tunnel of the stream.
   */
  sendHead(status: number, headers: HeaderTable, endStream: boolean): void
  /** An answer that is not the final one (1xx). null: no fields. */
  sendInterim(status: number, headers: HeaderTable | null): void
  sendData(chunk: Buffer, volatile: boolean): void
  sendEnd(trailers: HeaderTable | null): void
  /** What was kept back to be sent together goes out. */
  flush(): void
  /** The response cannot be completed: the client must notice. */
  abort(): void
  /** What the client sends is not to be trusted: this answer is the last. */
  closeAfterResponse(): void
  pauseRequest(): void
  resumeRequest(): void
}
