/** How many connections of clients there may be. */
export interface ConnectionLimits {
  /** Over all listeners that do not say otherwise (`Listener.ignore_global_conn_limit`). */
  readonly total: number
  /** By the listener's name. */
  readonly listeners: ReadonlyMap<string, number>
}

export const NO_CONNECTION_LIMITS: ConnectionLimits = { total: Infinity, listeners: new Map() }

/** Counts the connections of all listeners of a proxy. */
export class ConnectionBudget {
  readonly limits: ConnectionLimits
  private taken = 0

  constructor(limits: ConnectionLimits) {
    this.limits = limits
  }

  get full(): boolean {
    return this.taken >= this.limits.total
  }

  take(): void {
    this.taken++
  }

  giveBack(): void {
    this.taken--
  }
}
