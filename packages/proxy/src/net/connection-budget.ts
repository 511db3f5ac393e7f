import { openSockets } from './open-sockets.ts'

/** How many connections of clients there may be. */
export interface ConnectionLimits {
  /** Over all listeners that do not say otherwise (`Listener.ignore_global_conn_limit`). */
  readonly total: number
  /** By the listener's name. */
  readonly listeners: ReadonlyMap<string, number>
}

export const NO_CONNECTION_LIMITS: ConnectionLimits = { total: Infinity, listeners: new Map() }

/** Counts the connections of all listeners of a proxy, and keeps within what was configured and what the process has descriptors for. */
export class ConnectionBudget {
  readonly limits: ConnectionLimits
  private taken = 0

  constructor(limits: ConnectionLimits) {
    this.limits = limits
  }

  get full(): boolean {
    return this.taken >= this.limits.total || openSockets.full
  }

  take(): void {
    this.taken++
    openSockets.clientCame()
  }

  giveBack(): void {
    this.taken--
    openSockets.clientLeft()
  }
}
