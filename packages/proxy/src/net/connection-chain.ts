import type { Clock } from '@meshwork/core/time'
import { ResponseFlag } from '../http/response-flags.ts'
import { HOLD, CLOSED, type NetworkConnection, type NetworkFilter } from '../network-filters/network-filter.ts'
import type { Session, TerminalFilter } from '../network-filters/terminal-filter.ts'
import type { StreamInfo } from '../telemetry/stream-info.ts'
import type { AcceptedConnection } from './connection-facts.ts'
import { ConnectionRecord } from './connection-record.ts'
import type { Placed } from './placed-list.ts'
import type { Transport, TransportHandler } from './transport.ts'

/** Bytes of a held connection that are kept; then its socket is not read until it goes on. */
const MAX_HELD_BYTES = 64 * 1024

/** The filters of a chain, compiled. */
export interface ChainFilters {
  readonly filters: readonly NetworkFilter[]
  readonly terminal: TerminalFilter
}

/**
 * One accepted connection and the filters of its chain: asks them in order, holds bytes while one of them waits, and hands
 * the connection to the last one. Owned by the listener that accepted it.
 */
export class ConnectionChain implements NetworkConnection, Session, TransportHandler, Placed {
  place = -1
  readonly facts: AcceptedConnection
  upstreamCluster = ''
  /** When it was accepted, in the clock's monotonic milliseconds. */
  readonly startedMs: number
  private readonly transport: Transport
  private readonly chain: ChainFilters
  private readonly onGone: (chain: ConnectionChain) => void
  /** Filters that were asked about this connection. */
  private asked = 0
  private session: Session | null = null
  private held: Buffer[] = []
  private heldBytes = 0
  private finSeen = false
  private accepting = false
  private endedEarly = false
  private gone = false

  constructor(
    transport: Transport,
    facts: AcceptedConnection,
    chain: ChainFilters,
    startedMs: number,
    onGone: (chain: ConnectionChain) => void,
  ) {
    this.transport = transport
    this.facts = facts
    this.chain = chain
    this.startedMs = startedMs
    this.onGone = onGone
    transport.handler = this
  }

  get relayed(): StreamInfo | undefined {
    return this.session?.info
  }

  /** `first`: bytes that listener filters had read. */
  start(first: Buffer): void {
    if (first.length > 0) this.transport.bytesRead += first.length
    if (first.length > 0) this.hold(first)
    this.resume()
  }

  resume(): void {
    const { filters } = this.chain
    while (this.asked < filters.length && !this.gone) {
      const answer = filters[this.asked++]?.onConnection(this)
      if (answer === HOLD) return
      if (answer === CLOSED) {
        this.close(this.facts.closeDetails)
        return
      }
    }
    if (!this.gone && this.session === null) this.handOver()
  }

  show(from: 'client' | 'server', bytes: Buffer): void {
    for (const filter of this.chain.filters) {
      if (from === 'client') filter.onClientBytes?.(this, bytes)
      else filter.onServerBytes?.(this, bytes)
    }
  }

  mergeMetadata(namespace: string, values: Readonly<Record<string, unknown>>): void {
    const { facts } = this
    facts.metadata = { ...facts.metadata, [namespace]: { ...facts.metadata[namespace], ...values } }
  }

  close(details: string): void {
    this.facts.closeDetails = details
    if (this.session === null) this.transport.endAndClose()
    else this.session.destroy()
  }

  drain(): void {
    if (this.session === null) this.transport.endAndClose()
    else this.session.drain()
  }

  destroy(): void {
    if (this.session === null) this.transport.destroy()
    else this.session.destroy()
  }

  onBytes(bytes: Buffer, from: number, to: number): void {
    this.hold(bytes.subarray(from, to))
  }

  onFin(): void {
    this.finSeen = true
  }

  onDrain(): void {}

  onClosed(): void {
    this.end()
  }

  /** What a log of the whole connection says, after its end. */
  recordAt(clock: Clock): StreamInfo {
    const { facts, transport, session } = this
    if (session?.info !== undefined) return session.info
    const { bytesRead, bytesWritten } = transport
    return new ConnectionRecord(facts, {
      protocol: bytesRead > 0 ? (session?.protocol ?? '') : '',
      flags: ResponseFlag.none,
      details: session?.details ?? '',
      bytesRead,
      bytesWritten,
      endedAtMs: clock.now(),
      lastedMs: clock.monotonicMs() - this.startedMs,
    })
  }

  private hold(bytes: Buffer): void {
    this.held.push(Buffer.from(bytes))
    this.heldBytes += bytes.length
    if (this.heldBytes >= MAX_HELD_BYTES) this.transport.pause()
  }

  private handOver(): void {
    const { transport, held } = this
    if (this.heldBytes >= MAX_HELD_BYTES) transport.resume()
    this.held = []
    this.accepting = true
    this.session = this.chain.terminal.accept(transport, this, this.onSessionGone)
    this.accepting = false
    if (this.endedEarly) return this.end()
    for (const bytes of held) transport.handler.onBytes(bytes, 0, bytes.length)
    if (this.finSeen && !transport.closed) transport.handler.onFin()
  }

  /** Perhaps before `accept` has returned, when there is nothing to end yet. */
  private readonly onSessionGone = (): void => {
    if (this.accepting) this.endedEarly = true
    else this.end()
  }

  private end(): void {
    if (this.gone) return
    this.gone = true
    const { filters, terminal } = this.chain
    for (let i = 0; i < this.asked; i++) filters[i]?.onClosed?.(this)
    if (this.session === null) terminal.onUnserved?.(this)
    this.onGone(this)
  }
}
