import type { ConnectionPool, PoolWaiter } from './connection-pool.ts'

/** Speaks the client's protocol to a host (`use_downstream_protocol_config`). */
export class FollowingPool implements ConnectionPool {
  private readonly http1: ConnectionPool
  private readonly http2: ConnectionPool

  constructor(http1: ConnectionPool, http2: ConnectionPool) {
    this.http1 = http1
    this.http2 = http2
  }

  acquire(waiter: PoolWaiter, fresh?: boolean): void {
    const pool = waiter.clientSpeaksHttp2 === true ? this.http2 : this.http1
    pool.acquire(waiter, fresh)
  }

  /** What the next client speaks is not known. */
  connectAhead(): boolean {
    return false
  }

  /** Each pool knows only its own. */
  cancel(waiter: PoolWaiter): void {
    this.http1.cancel(waiter)
    this.http2.cancel(waiter)
  }

  close(): void {
    this.http1.close()
    this.http2.close()
  }
}
