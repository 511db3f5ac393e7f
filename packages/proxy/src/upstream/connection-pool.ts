import type { ExchangeConnection } from './exchange.ts'

/** Why a request got no connection. */
export type PoolFailure = 'overflow' | 'connection-failure' | 'connection-timeout'

/** A request that wants a connection: told once, maybe within `acquire`. */
export interface PoolWaiter {
  /** For hosts that are spoken to as the client speaks. Absent: HTTP/1.1. */
  readonly clientSpeaksHttp2?: boolean
  /** The request wants a connection of its own, to make a tunnel of it. Absent: it does not. */
  readonly upgrades?: boolean
  /** `reused`: the connection has carried a request before. */
  onConnection(connection: ExchangeConnection, reused: boolean): void
  onPoolFailure(failure: PoolFailure, detail: string): void
}

/** The connections to one host, as requests and the owner of the host see them. */
export interface ConnectionPool {
  /** `fresh`: no kept connection, because one has just failed this request. */
  acquire(waiter: PoolWaiter, fresh?: boolean): void
  /** The request is no longer interested. */
  cancel(waiter: PoolWaiter): void
  /**
   * Connects once more if that provides for no more than `ratio` times the requests there are and the one to come. False: it does not, or
   * the protocol of the host is not known yet.
   */
  connectAhead(ratio: number): boolean
  /** The host left, or the cluster was replaced: idle connections close now, others when they become idle. */
  close(): void
}
