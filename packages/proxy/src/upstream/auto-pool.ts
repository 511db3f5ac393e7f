import { TUNNEL_PROTOCOL } from '@meshwork/core/ids'
import { type TimerOwner, WheelTimer } from '@meshwork/core/time'
import { alpnOf, type Transport } from '../net/transport.ts'
import type { ClusterContext } from './cluster-context.ts'
import { type ConnectHandler, connectTo } from './connect.ts'
import type { ConnectionPool, PoolFailure, PoolWaiter } from './connection-pool.ts'
import type { Host } from './host.ts'
import { Http1Pool } from './http1-pool.ts'
import { Http2Pool } from './http2-pool.ts'
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
  private readonly waiting: { readonly waiter: PoolWaiter; readonly fresh: boolean }[] = []
  private readonly timer: WheelTimer = new WheelTimer(this, 0)
  private chosen: Http1Pool | Http2Pool | null = null
  private transport: Transport | null = null
  private connecting = false
  private closing = false

  constructor(cluster: ClusterContext, host: Host, via: UpstreamSocket | null, speaks: 'either' | 'tunnel' = 'either') {
    this.cluster = cluster
    this.host = host
    this.via = via
    this.speaks = speaks
  }

  acquire(waiter: PoolWaiter, fresh: boolean = false): void {
    if (this.chosen !== null) {
      this.chosen.acquire(waiter, fresh)
      return
    }
    const { use, config, stats, deps } = this.cluster
    if (use.pending >= config.limits.maxPendingRequests || use.requests >= config.limits.maxRequests) {
      deps.stats.add(stats.rqPendingOverflow, 1)
      waiter.onPoolFailure('overflow', '')
      return
    }
    use.pending++
    deps.stats.add(stats.rqPendingTotal, 1)
    deps.stats.add(stats.rqPendingActive, 1)
    this.waiting.push({ waiter, fresh })
    if (!this.connecting) this.connect()
  }

  cancel(waiter: PoolWaiter): void {
    const index = this.waiting.findIndex(entry => entry.waiter === waiter)
    if (index < 0) {
      this.chosen?.cancel(waiter)
      return
    }
    this.waiting.splice(index, 1)
    this.leaveQueue()
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
    for (const { waiter, fresh } of this.takeWaiting()) pool.acquire(waiter, fresh)
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
    this.count(-1)
  }

  onBytes(): void {}
  onFin(): void {}
  onDrain(): void {}

  private connect(): void {
    const { config, deps, stats } = this.cluster
    this.connecting = true
    this.count(1)
    this.host.counters.cxTotal++
    deps.stats.add(stats.cxTotal, 1)
    deps.wheel.set(this.timer, config.connectTimeoutMs)
    this.transport = connectTo(this.host, this.via, this, this.speaks)
    if (this.transport !== null) return
    queueMicrotask(() => {
      this.failed('connection-failure', 'TLS_error:|secret is not supplied by SDS:TLS_error_end')
      this.count(-1)
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

  private count(by: number): void {
    const { use, stats, deps } = this.cluster
    use.connections += by
    this.host.counters.cxActive += by
    deps.stats.add(stats.cxActive, by)
    if (by < 0) deps.stats.add(stats.cxDestroy, 1)
  }

  private failed(failure: PoolFailure, detail: string): void {
    if (!this.connecting) return
    this.settle()
    const { deps, stats } = this.cluster
    deps.stats.add(stats.cxConnectFail, 1)
    this.host.counters.cxConnectFail++
    for (const { waiter } of this.takeWaiting()) waiter.onPoolFailure(failure, detail)
  }

  private settle(): void {
    this.connecting = false
    this.cluster.deps.wheel.clear(this.timer)
  }

  private takeWaiting(): { readonly waiter: PoolWaiter; readonly fresh: boolean }[] {
    const waiting = this.waiting.splice(0)
    for (const _ of waiting) this.leaveQueue()
    return waiting
  }

  private leaveQueue(): void {
    this.cluster.use.pending--
    this.cluster.deps.stats.add(this.cluster.stats.rqPendingActive, -1)
  }
}
