import type { ConnectionFacts } from '../filters/filter.ts'
import { HOLD, CLOSED, type NetworkConnection, type NetworkFilter } from '../network-filters/network-filter.ts'
import type { Session, TerminalFilter } from '../network-filters/terminal-filter.ts'
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
export class ConnectionChain implements NetworkConnection, Session, TransportHandler {
  readonly facts: ConnectionFacts
  upstreamCluster = ''
  /** Why a filter ended the connection, or empty. */
  closeDetails = ''
  private readonly transport: Transport
  private readonly chain: ChainFilters
  private readonly onGone: (chain: ConnectionChain) => void
  /** Filters that were asked about this connection. */
  private asked = 0
  private session: Session | null = null
  private held: Buffer[] = []
  private heldBytes = 0
  private finSeen = false
  private gone = false

  constructor(transport: Transport, facts: ConnectionFacts, chain: ChainFilters, onGone: (chain: ConnectionChain) => void) {
    this.transport = transport
    this.facts = facts
    this.chain = chain
    this.onGone = onGone
    transport.handler = this
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
        this.close(this.closeDetails)
        return
      }
    }
    if (!this.gone && this.session === null) this.handOver()
  }

  close(details: string): void {
    this.closeDetails = details
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

  private hold(bytes: Buffer): void {
    this.held.push(Buffer.from(bytes))
    this.heldBytes += bytes.length
    if (this.heldBytes >= MAX_HELD_BYTES) this.transport.pause()
  }

  private handOver(): void {
    const { transport, held } = this
    if (this.heldBytes >= MAX_HELD_BYTES) transport.resume()
    this.held = []
    this.session = this.chain.terminal.accept(transport, this, () => this.end())
    for (const bytes of held) transport.handler.onBytes(bytes, 0, bytes.length)
    if (this.finSeen && !transport.closed) transport.handler.onFin()
  }

  private end(): void {
    if (this.gone) return
    this.gone = true
    const { filters } = this.chain
    for (let i = 0; i < this.asked; i++) filters[i]?.onClosed?.(this)
    this.onGone(this)
  }
}
