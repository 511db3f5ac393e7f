import type { HeaderTable } from '../http/header-table.ts'
import type { UpstreamConnectionFacts } from './upstream-connection-facts.ts'

/** How an exchange ended without a whole response. */
export type ExchangeFailure = 'connection-termination' | 'protocol-error' | 'remote-reset' | 'remote-refused' | 'connect-error'

/**
 * The head of a request as it goes to an upstream, whatever the protocol: fields are in HTTP/1.1 form, `host` among
 * them, without framing fields other than `content-length`. Each codec makes its own form of it.
 */
export interface RequestHead {
  readonly method: string
  /** Path with query; `host:port` for CONNECT. */
  readonly path: string
  readonly authority: string
  readonly scheme: string
  readonly requestHeaders: HeaderTable
  /** The connection is to become a tunnel: `upgrade` with its fields, or CONNECT. */
  readonly upgrade: boolean
}

/** The request that a connection carries at the moment. */
export interface Exchange {
  /** An answer that is not the final one (1xx, not 101). Absent: it is dropped. */
  onResponseInterim?(status: number, headers: HeaderTable): void
  /** The final response's head; `headers` now belong to the exchange. `bodiless`: the end follows at once. */
  onResponseHead(status: number, headers: HeaderTable, bodiless: boolean): void
  /** `volatile`: the chunk must be copied to be kept. */
  onResponseData(chunk: Buffer, volatile: boolean): void
  onResponseEnd(trailers: HeaderTable | null): void
  onExchangeFailed(failure: ExchangeFailure): void
  /** What one read brought has been told: what was kept back to be sent together may go out. */
  onResponseFed(): void
  /** The connection takes bytes again. */
  onUpstreamDrain(): void
}

/**
 * One request's way through a connection to a host, as the request sees it. With HTTP/1.1 it is the connection, with
 * HTTP/2 one of its streams.
 */
export interface ExchangeConnection {
  /** `10.0.0.1:40000`, our own end; empty while there is none. */
  readonly localAddress: string
  /** null while there is no connection. */
  readonly facts: UpstreamConnectionFacts | null
  /** More is waiting to be sent than should be; `onUpstreamDrain` follows. */
  readonly congested: boolean
  /** Sends a request's head (kept back until `flush`, so that it leaves together with small data). `bodiless`: `sendEnd` follows at once. */
  begin(exchange: Exchange, head: RequestHead, bodiless: boolean): void
  /** `volatile`: the chunk must be copied to be kept. */
  sendData(chunk: Buffer, volatile: boolean): void
  /** The request is complete; of a tunnel: half-close. */
  sendEnd(trailers: HeaderTable | null): void
  flush(): void
  pause(): void
  resume(): void
  /** The exchange is given up; it is told nothing more. */
  abort(): void
}
