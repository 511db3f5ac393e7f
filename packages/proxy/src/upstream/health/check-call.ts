import type { HeaderTable } from '../../http/header-table.ts'
import type { ConnectionPool, PoolWaiter } from '../connection-pool.ts'
import { createPool } from '../create-pool.ts'
import type { Exchange, ExchangeConnection, RequestHead } from '../exchange.ts'
import type { CheckTarget } from './check-target.ts'

/** The answer to a check; `body` is its beginning. */
export interface CheckAnswer {
  readonly status: number
  readonly headers: HeaderTable
  readonly body: Buffer
  readonly trailers: HeaderTable | null
}

export interface CheckCallOwner {
  onAnswer(answer: CheckAnswer): void
  onNoAnswer(): void
}

/** As much of an answer's body is kept; the rest is read and dropped. */
const MAX_BODY_BYTES = 64 * 1024

/** Sends the same request again and again to one host, over connections that only checks use. */
export class CheckCall implements PoolWaiter, Exchange {
  private readonly pool: ConnectionPool
  private readonly head: RequestHead
  private readonly body: Buffer
  private readonly owner: CheckCallOwner
  private connection: ExchangeConnection | null = null
  private running = false
  private status = 0
  private headers: HeaderTable | null = null
  private parts: Buffer[] = []
  private bytes = 0

  constructor(target: CheckTarget, head: RequestHead, body: Buffer, owner: CheckCallOwner) {
    this.pool = createPool(target.context, target.host, target.via)
    this.head = head
    this.body = body
    this.owner = owner
  }

  start(): void {
    this.running = true
    this.headers = null
    this.parts = []
    this.bytes = 0
    this.pool.acquire(this)
  }

  cancel(): void {
    if (!this.running) return
    this.running = false
    const { connection } = this
    this.connection = null
    if (connection === null) this.pool.cancel(this)
    else connection.abort()
  }

  close(): void {
    this.cancel()
    this.pool.close()
  }

  onConnection(connection: ExchangeConnection): void {
    this.connection = connection
    const bodiless = this.body.length === 0
    connection.begin(this, { ...this.head, requestHeaders: this.head.requestHeaders.copy() }, bodiless)
    if (!bodiless) connection.sendData(this.body, false)
    connection.sendEnd(null)
    connection.flush()
  }

  onPoolFailure(): void {
    this.fail()
  }

  onResponseHead(status: number, headers: HeaderTable): void {
    this.status = status
    this.headers = headers
  }

  onResponseData(chunk: Buffer): void {
    const room = MAX_BODY_BYTES - this.bytes
    if (room <= 0) return
    const part = Buffer.from(chunk.subarray(0, room))
    this.bytes += part.length
    this.parts.push(part)
  }

  onResponseEnd(trailers: HeaderTable | null): void {
    const { headers } = this
    if (!this.running || headers === null) return
    this.running = false
    this.connection = null
    this.owner.onAnswer({ status: this.status, headers, body: Buffer.concat(this.parts), trailers })
  }

  onExchangeFailed(): void {
    this.fail()
  }

  onResponseFed(): void {}

  onUpstreamDrain(): void {}

  private fail(): void {
    if (!this.running) return
    this.running = false
    this.connection = null
    this.owner.onNoAnswer()
  }
}
