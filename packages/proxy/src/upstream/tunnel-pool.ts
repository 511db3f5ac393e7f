import { AutoPool } from './auto-pool.ts'
import type { ClusterContext } from './cluster-context.ts'
import type { ConnectionPool, PoolWaiter } from './connection-pool.ts'
import type { Host } from './host.ts'
import { Http1Pool } from './http1-pool.ts'
import type { UpstreamSocket } from './upstream-socket.ts'

/**
 * HTTP/1.1 to a host that may have a proxy of ours before it: if so, requests share few connections (`TUNNEL_PROTOCOL`);
 * otherwise, and for upgrades, which need a connection for themselves, it is ordinary HTTP/1.1.
 */
export class TunnelPool implements ConnectionPool {
  private readonly shared: AutoPool
  private readonly single: Http1Pool

  constructor(cluster: ClusterContext, host: Host, via: UpstreamSocket) {
    this.shared = new AutoPool(cluster, host, via, 'tunnel')
    this.single = new Http1Pool(cluster, host, via)
  }

  acquire(waiter: PoolWaiter, fresh?: boolean): void {
    const pool = waiter.upgrades === true ? this.single : this.shared
    pool.acquire(waiter, fresh)
  }

  connectAhead(ratio: number): boolean {
    return this.shared.connectAhead(ratio)
  }

  /** Each pool knows only its own. */
  cancel(waiter: PoolWaiter): void {
    this.shared.cancel(waiter)
    this.single.cancel(waiter)
  }

  close(): void {
    this.shared.close()
    this.single.close()
  }
}
