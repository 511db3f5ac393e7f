import type { Clock } from '@meshwork/core/time'
import type { Runtime } from '../http/connection-plan.ts'
import type { Transport } from '../net/transport.ts'
import type { StreamInfo } from '../telemetry/stream-info.ts'
import type { NetworkConnection } from './network-filter.ts'

/** A connection in the hands of the last filter of its chain. */
export interface Session {
  /** What a log of the connection says; absent where the last filter keeps no such record. */
  readonly info?: StreamInfo
  /** `HTTP/1.1` or `HTTP/2`, once that is known. */
  readonly protocol?: string
  /** `%RESPONSE_CODE_DETAILS%` of the connection. */
  readonly details?: string
  /** The listener goes: end at the next good moment. */
  drain(): void
  /** End now. */
  destroy(): void
}

/** A connection that a filter ended, or that left while one held it. */
export interface UnservedConnection {
  recordAt(clock: Clock): StreamInfo
}

/** The last filter of a chain: it owns the bytes of the connections it is given. */
export interface TerminalFilter {
  /**
   * Takes a connection: becomes `transport.handler`. `onGone` is called once, after the end, never from inside this call's
   * constructor work but possibly before it returns.
   */
  accept(transport: Transport, connection: NetworkConnection, onGone: () => void): Session
  /** A connection of the chain ended before it came here: Envoy's TCP proxy logs those too. */
  onUnserved?(connection: UnservedConnection): void
  /** Clients of this plan are asked to leave at their next good moment. */
  drain(): void
}

/** A decoded last filter. Those that other parts of the configuration must know about are model types of their own. */
export interface TerminalBlueprint {
  readonly kind: 'terminal'
  readonly name: string
  compile(runtime: Runtime): TerminalFilter
}
