import type { HeaderTable } from '../http/header-table.ts'
import type { MessageParser } from '../http1/message-parser.ts'

/** How an exchange ended without a whole response. */
export type ExchangeFailure = 'connection-termination' | 'protocol-error'

/** The request that a connection carries at the moment. */
export interface Exchange {
  /** The final response's head. `parser` holds it; its `headers` now belong to the exchange. */
  onResponseHead(parser: MessageParser): void
  onResponseData(chunk: Buffer): void
  onResponseEnd(trailers: HeaderTable | null): void
  onExchangeFailed(failure: ExchangeFailure): void
  /** What one read brought has been told: what was kept back to be sent together may go out. */
  onResponseFed(): void
  /** The connection takes bytes again. */
  onUpstreamDrain(): void
}

/** The connection to a host, as the request that it carries sees it. */
export interface ExchangeConnection {
  /** `10.0.0.1:40000`, our own end; empty while there is none. */
  readonly localAddress: string
  /** Data handed to the exchange is overwritten by the next read. */
  readonly reusesBuffer: boolean
  /** More is waiting to be sent than should be; `onUpstreamDrain` follows. */
  readonly congested: boolean
  /** Sends a request's head (kept back until `flush`, so that it leaves together with small data). */
  begin(exchange: Exchange, head: string, isHead: boolean, chunked: boolean): void
  /** `volatile`: the chunk must be copied to be kept. */
  sendData(chunk: Buffer, volatile: boolean): void
  sendEnd(trailers: HeaderTable | null): void
  flush(): void
  /** Half-close of a tunnel. */
  endWriting(): void
  pause(): void
  resume(): void
  /** From here on bytes of both directions are opaque (after `101 Switching Protocols`). */
  becomeTunnel(): void
  /** The exchange is given up; the connection cannot be used again. */
  abort(): void
}
