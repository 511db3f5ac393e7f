import { TUNNEL_PROTOCOL } from '@meshwork/core/ids'
import { type TimerOwner, WheelTimer } from '@meshwork/core/time'
import { alpnOf, type Transport } from '../net/transport.ts'
import type { ClusterContext } from './cluster-context.ts'
import { type ConnectHandler, connectTo } from './connect.ts'
import type { ConnectionPool, PoolFailure, PoolWaiter } from './connection-pool.ts'
import { countConnection, uncountConnection } from './count-connection.ts'
import type { Host } from './host.ts'
import { Http1Pool } from './http1-pool.ts'
import { Http2Pool } from './http2-pool.ts'
import { PoolQueue } from './pool-queue.ts'
import type { UpstreamSocket } from './upstream-socket.ts'

/**
 * Speaks to a host what ALPN chooses (`auto_config`, or a tunnel with a proxy of ours). The first connection finds out, while
 * requests wait here; it then belongs to the pool of its protocol, and so do all requests from there on.
 */
export class AutoPool implements ConnectionPool, ConnectHandler, TimerOwner {
  private readonly cluster: ClusterContext
  private readonly host: Host
  private readonly via: UpstreamSocket | null
  private readonly speaks: 'either' | 'tunnel'
  private readonly queue: PoolQueue
  /** Those that wait and must not be given a kept connection. */
  private readonly fresh = new Set<PoolWaiter>()
  private readonly timer: WheelTimer = new WheelTimer(this, 0)
  private chosen: Http1Pool | Http2Pool | null = null
  private transport: Transport | null = null
  private connecting = false
  private closing = false

  constructor(cluster: ClusterContext, host: Host, via: UpstreamSocket | null, speaks: 'either' | 'tunnel' = 'either') {
    this.cluster = cluster
    this.queue = new PoolQueue(cluster)
    this.host = host
    this.via = via
    this.speaks = speaks
  }

  acquire(waiter: PoolWaiter, fresh: boolean = false): void {
    if (this.chosen !== null) {
      this.chosen.acquire(waiter, fresh)
      return
    }
    const { use, config } = this.cluster
    if (use.requests >= config.limits.maxRequests) {
      this.queue.overflow(waiter)
      return
    }
    if (!this.queue.admit(waiter, 0)) return
    if (fresh) this.fresh.add(waiter)
    if (!this.connecting) this.connect()
  }

  connectAhead(ratio: number): boolean {
    return this.chosen?.connectAhead(ratio) ?? false
  }

  cancel(waiter: PoolWaiter): void {
    if (!this.queue.remove(waiter)) this.chosen?.cancel(waiter)
    this.fresh.delete(waiter)
  }

  close(): void {
    this.closing = true
    this.chosen?.close()
  }

  onConnected(): void {
    const { transport } = this
    if (!this.connecting || transport === null) return
    this.settle()
    const pool = this.poolFor(alpnOf(transport))
    this.chosen = pool
    const { deps, stats } = this.cluster
    deps.stats.add(pool instanceof Http2Pool ? stats.cxHttp2Total : stats.cxHttp1Total, 1)
    pool.adopt(transport)
    for (const waiter of this.queue.takeAll()) pool.acquire(waiter, this.fresh.delete(waiter))
    if (this.closing) pool.close()
  }

  onConnectFailed(reason: string): void {
    this.failed('connection-failure', reason)
  }

  onTimer(): void {
    this.cluster.deps.stats.add(this.cluster.stats.cxConnectTimeout, 1)
    this.failed('connection-timeout', '')
    this.transport?.destroy()
  }

  onClosed(): void {
    this.failed('connection-failure', 'connection closed')
    uncountConnection(this.cluster, this.host)
  }

  onBytes(): void {}
  onFin(): void {}
  onDrain(): void {}

  private connect(): void {
    const { config, deps } = this.cluster
    this.connecting = true
    countConnection(this.cluster, this.host)
    deps.wheel.set(this.timer, config.connectTimeoutMs)
    this.transport = connectTo(this.host, this.via, this, this.speaks)
    if (this.transport !== null) return
    queueMicrotask(() => {
      this.failed('connection-failure', 'TLS_error:|secret is not supplied by SDS:TLS_error_end')
      uncountConnection(this.cluster, this.host)
    })
  }

  private poolFor(protocol: string): Http1Pool | Http2Pool {
    const { cluster, host, via } = this
    const http2 = this.speaks === 'tunnel' ? TUNNEL_PROTOCOL : 'h2'
    if (protocol !== http2) return new Http1Pool(cluster, host, via)
    return new Http2Pool(cluster, host, via, this.speaks === 'tunnel' ? 'tunnel' : 'http2', waiters => this.forget(waiters))
  }

  /** The host speaks something else than before: these requests find out what. */
  private forget(waiters: readonly PoolWaiter[]): void {
    this.chosen?.close()
    this.chosen = null
    for (const waiter of waiters) this.acquire(waiter, true)
  }

  private failed(failure: PoolFailure, detail: string): void {
    if (!this.connecting) return
    this.settle()
    const { deps, stats } = this.cluster
    deps.stats.add(stats.cxConnectFail, 1)
    this.host.counters.cxConnectFail++
    this.fresh.clear()
    for (const waiter of this.queue.takeAll()) waiter.onPoolFailure(failure, detail)
  }

  private settle(): void {
    this.connecting = false
    this.cluster.deps.wheel.clear(this.timer)
  }
}
