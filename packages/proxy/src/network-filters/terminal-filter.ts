import type { Runtime } from '../http/connection-plan.ts'
import type { Transport } from '../net/transport.ts'
import type { NetworkConnection } from './network-filter.ts'

/** A connection in the hands of the last filter of its chain. */
export interface Session {
  /** The listener goes: end at the next good moment. */
  drain(): void
  /** End now. */
  destroy(): void
}

/** The last filter of a chain: it owns the bytes of the connections it is given. */
export interface TerminalFilter {
  /**
   * Takes a connection: becomes `transport.handler`. `onGone` is called once, after the end, never from inside this call's
   * constructor work but possibly before it returns.
   */
  accept(transport: Transport, connection: NetworkConnection, onGone: () => void): Session
  /** Clients of this plan are asked to leave at their next good moment. */
  drain(): void
}

/** A decoded last filter. Those that other parts of the configuration must know about are model types of their own. */
export interface TerminalBlueprint {
  readonly kind: 'terminal'
  readonly name: string
  compile(runtime: Runtime): TerminalFilter
}
