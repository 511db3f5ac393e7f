import { TUNNEL_PROTOCOL } from '@meshwork/core/ids'
import { type TimerOwner, WheelTimer } from '@meshwork/core/time'
import type { ConnectionFacts } from '../filters/filter.ts'
import type { Transport, TransportHandler } from '../net/transport.ts'
import type { ConnectionPlan } from './connection-plan.ts'
import { Http1ServerConnection } from './http1-server-connection.ts'
import { Http2ServerConnection } from './http2-server-connection.ts'

/** One client's connection, whatever its protocol. */
export interface HttpConnection {
  /** `HTTP/1.1` or `HTTP/2`; empty until the first bytes tell. */
  readonly protocol: string
  /** The listener goes: end at the next good moment. */
  drain(): void
  /** End now. */
  destroy(): void
}

/** Gives a connection the codec that the configuration and ALPN say, or else its first bytes. */
export function serveHttp(transport: Transport, facts: ConnectionFacts, plan: ConnectionPlan, onGone: () => void): HttpConnection {
  const { codec } = plan.config
  const { alpn } = facts
  const http2 = alpn === 'h2' || alpn === TUNNEL_PROTOCOL
  if (codec === 'http1' || (codec === 'auto' && alpn !== '' && !http2)) return new Http1ServerConnection(transport, facts, plan, onGone)
  if (codec === 'http2' || http2) return new Http2ServerConnection(transport, facts, plan, onGone)
  return new UndecidedConnection(transport, facts, plan, onGone)
}

/** How a client's HTTP/2 connection begins (RFC 9113 section 3.4), as far as no HTTP/1.1 request can. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')

/** A connection of which it is not known yet whether it speaks HTTP/1.1 or HTTP/2. Becomes one of them with its first bytes. */
class UndecidedConnection implements HttpConnection, TransportHandler, TimerOwner {
  private readonly transport: Transport
  private readonly facts: ConnectionFacts
  private readonly plan: ConnectionPlan
  private readonly onGone: () => void
  private readonly idleTimer: WheelTimer = new WheelTimer(this, 0)
  private chosen: HttpConnection | null = null
  /** Bytes of the preface that have come. */
  private matched = 0

  constructor(transport: Transport, facts: ConnectionFacts, plan: ConnectionPlan, onGone: () => void) {
    this.transport = transport
    this.facts = facts
    this.plan = plan
    this.onGone = onGone
    transport.handler = this
    if (plan.config.idleTimeoutMs > 0) plan.runtime.wheel.set(this.idleTimer, plan.config.idleTimeoutMs)
  }

  get protocol(): string {
    return this.chosen?.protocol ?? ''
  }

  drain(): void {
    if (this.chosen === null) this.transport.endAndClose()
    else this.chosen.drain()
  }

  destroy(): void {
    this.transport.destroy()
  }

  onBytes(bytes: Buffer, from: number, to: number): void {
    let at = from
    while (at < to && this.matched < PREFACE.length && bytes[at] === PREFACE[this.matched]) {
      this.matched++
      at++
    }
    const complete = this.matched === PREFACE.length
    if (at === to && !complete) return
    // What matched in earlier pieces is known: it need not have been kept.
    const before = this.matched - (at - from)
    const handler = this.choose(complete)
    if (before > 0) handler.onBytes(Buffer.from(PREFACE.subarray(0, before)), 0, before)
    if (!this.transport.closed) this.transport.handler.onBytes(bytes, from, to)
  }

  onFin(): void {
    this.choose(false).onFin()
  }

  onDrain(): void {}

  onClosed(failed: boolean): void {
    this.choose(false).onClosed(failed)
  }

  onTimer(): void {
    this.plan.stats.add(this.plan.stats.cxIdleTimeout, 1)
    this.transport.endAndClose()
  }

  private choose(http2: boolean): TransportHandler {
    const { transport, facts, plan, onGone } = this
    plan.runtime.wheel.clear(this.idleTimer)
    this.chosen = http2
      ? new Http2ServerConnection(transport, facts, plan, onGone)
      : new Http1ServerConnection(transport, facts, plan, onGone)
    return transport.handler
  }
}
