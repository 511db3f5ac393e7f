import type { Transport } from '../net/transport.ts'
import type { ClusterContext } from './cluster-context.ts'
import type { ConnectionPool, PoolFailure, PoolWaiter } from './connection-pool.ts'
import type { Host } from './host.ts'
import { Http2ClientConnection, type Http2ConnectionOwner } from './http2-client-connection.ts'
import type { UpstreamSocket } from './upstream-socket.ts'

/** The HTTP/2 connections to one host: as few as carry the requests that are under way at once. */
export class Http2Pool implements ConnectionPool, Http2ConnectionOwner {
  readonly cluster: ClusterContext
  readonly host: Host
  readonly speaks: 'http2' | 'tunnel'
  private readonly via: UpstreamSocket | null
  /** Connections that take requests. */
  private readonly open: Http2ClientConnection[] = []
  private readonly waiting: PoolWaiter[] = []
  private readonly otherProtocol: ((waiters: readonly PoolWaiter[]) => void) | null
  private connecting = 0
  private closing = false

  /** `otherProtocol`: takes over who waits when a server chose another one; null: they fail. */
  constructor(
    cluster: ClusterContext,
    host: Host,
    via: UpstreamSocket | null,
    speaks: 'http2' | 'tunnel' = 'http2',
    otherProtocol: ((waiters: readonly PoolWaiter[]) => void) | null = null,
  ) {
    this.cluster = cluster
    this.host = host
    this.via = via
    this.speaks = speaks
    this.otherProtocol = otherProtocol
  }

  acquire(waiter: PoolWaiter): void {
    const { config, use, stats, deps } = this.cluster
    if (use.requests >= config.limits.maxRequests) {
      this.overflow(waiter)
      return
    }
    const connection = this.withCapacity()
    if (connection !== null) {
      this.assign(connection, waiter)
      return
    }
    if (use.pending >= config.limits.maxPendingRequests) {
      this.overflow(waiter)
      return
    }
    use.pending++
    deps.stats.add(stats.rqPendingTotal, 1)
    deps.stats.add(stats.rqPendingActive, 1)
    this.waiting.push(waiter)
    this.connectIfNeeded()
  }

  cancel(waiter: PoolWaiter): void {
    const index = this.waiting.indexOf(waiter)
    if (index < 0) return
    this.waiting.splice(index, 1)
    this.leaveQueue()
  }

  close(): void {
    this.closing = true
    for (const connection of this.open.slice()) connection.drain()
  }

  /** Takes over a connection that is counted already. */
  adopt(transport: Transport): void {
    const connection = new Http2ClientConnection(this, this.via)
    this.open.push(connection)
    connection.adopt(transport)
  }

  onConnected(connection: Http2ClientConnection): void {
    this.connecting--
    this.open.push(connection)
    this.serveWaiting()
    if (this.closing) connection.drain()
  }

  onConnectFailed(failure: PoolFailure, detail: string): void {
    this.connecting--
    // All that this connection would have carried share its fate.
    const share = this.connecting > 0 ? 1 : this.waiting.length
    for (const waiter of this.waiting.splice(0, share)) {
      this.leaveQueue()
      waiter.onPoolFailure(failure, detail)
    }
    this.connectIfNeeded()
  }

  onOtherProtocol(): void {
    if (this.otherProtocol === null) return
    const waiters = this.waiting.splice(0)
    for (const _ of waiters) this.leaveQueue()
    this.otherProtocol(waiters)
  }

  onCapacity(_connection: Http2ClientConnection): void {
    if (this.waiting.length > 0) this.serveWaiting()
  }

  onDraining(connection: Http2ClientConnection): void {
    const index = this.open.indexOf(connection)
    if (index >= 0) this.open.splice(index, 1)
  }

  onClosed(connection: Http2ClientConnection): void {
    const { use, stats, deps } = this.cluster
    use.connections--
    this.host.counters.cxActive--
    deps.stats.add(stats.cxActive, -1)
    deps.stats.add(stats.cxDestroy, 1)
    this.onDraining(connection)
    this.connectIfNeeded()
  }

  private withCapacity(): Http2ClientConnection | null {
    for (const connection of this.open) if (connection.capacity > 0) return connection
    return null
  }

  private assign(connection: Http2ClientConnection, waiter: PoolWaiter): void {
    const { use, config } = this.cluster
    if (use.requests >= config.limits.maxRequests) {
      this.overflow(waiter)
      return
    }
    const exchange = connection.take()
    waiter.onConnection(exchange, connection.reused)
  }

  private serveWaiting(): void {
    while (this.waiting.length > 0) {
      const connection = this.withCapacity()
      if (connection === null) break
      const waiter = this.waiting.shift()
      if (waiter === undefined) break
      this.leaveQueue()
      this.assign(connection, waiter)
    }
    this.connectIfNeeded()
  }

  /** A connection that is being made is expected to take as many requests as the configuration lets it. */
  private connectIfNeeded(): void {
    const { config, use, stats, deps } = this.cluster
    while (this.waiting.length > this.connecting * this.expectedCapacity()) {
      if (use.connections >= config.limits.maxConnections) {
        deps.stats.add(stats.cxOverflow, 1)
        // As Envoy: a host without any connection may always have one, so that its queue moves.
        if (this.host.counters.cxActive > 0) return
      }
      this.connecting++
      use.connections++
      this.host.counters.cxTotal++
      this.host.counters.cxActive++
      deps.stats.add(stats.cxTotal, 1)
      deps.stats.add(stats.cxHttp2Total, 1)
      deps.stats.add(stats.cxActive, 1)
      new Http2ClientConnection(this, this.via).connect()
    }
  }

  private expectedCapacity(): number {
    const { http2, maxRequestsPerConnection: limit } = this.cluster.config
    return limit === 0 ? http2.maxConcurrentStreams : Math.min(limit, http2.maxConcurrentStreams)
  }

  private overflow(waiter: PoolWaiter): void {
    const { stats, deps } = this.cluster
    deps.stats.add(stats.rqPendingOverflow, 1)
    waiter.onPoolFailure('overflow', '')
  }

  private leaveQueue(): void {
    this.cluster.use.pending--
    this.cluster.deps.stats.add(this.cluster.stats.rqPendingActive, -1)
  }
}
