import type { Transport } from '../net/transport.ts'
import type { ClusterContext } from './cluster-context.ts'
import type { ConnectionPool, PoolFailure, PoolWaiter } from './connection-pool.ts'
import { countConnection, mayConnect, uncountConnection } from './count-connection.ts'
import type { Host } from './host.ts'
import { Http2ClientConnection, type Http2ConnectionOwner } from './http2-client-connection.ts'
import { PoolQueue } from './pool-queue.ts'
import { MOST_AHEAD, wantsConnection } from './preconnect.ts'
import type { UpstreamSocket } from './upstream-socket.ts'

/** The HTTP/2 connections to one host: as few as carry the requests that are under way at once. */
export class Http2Pool implements ConnectionPool, Http2ConnectionOwner {
  readonly cluster: ClusterContext
  readonly host: Host
  readonly speaks: 'http2' | 'tunnel'
  private readonly via: UpstreamSocket | null
  /** Connections that take requests. */
  private readonly open: Http2ClientConnection[] = []
  private readonly queue: PoolQueue
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
    this.queue = new PoolQueue(cluster)
    this.host = host
    this.via = via
    this.speaks = speaks
    this.otherProtocol = otherProtocol
  }

  acquire(waiter: PoolWaiter): void {
    const { config, use } = this.cluster
    if (use.requests >= config.limits.maxRequests) {
      this.queue.overflow(waiter)
      return
    }
    const connection = this.withCapacity()
    if (connection !== null) {
      this.assign(connection, waiter)
      this.connectForNext()
      return
    }
    if (!this.queue.admit(waiter, 0)) return
    this.connectIfNeeded()
    this.connectForNext()
  }

  connectAhead(ratio: number): boolean {
    return wantsConnection(this.streams + 1, this.provided, ratio) && this.connect()
  }

  cancel(waiter: PoolWaiter): void {
    this.queue.remove(waiter)
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
    const share = this.connecting > 0 ? 1 : this.queue.length
    this.queue.fail(share, failure, detail)
    this.connectIfNeeded()
  }

  onOtherProtocol(): void {
    this.otherProtocol?.(this.queue.takeAll())
  }

  onCapacity(_connection: Http2ClientConnection): void {
    if (this.queue.length > 0) this.serveWaiting()
  }

  onDraining(connection: Http2ClientConnection): void {
    const index = this.open.indexOf(connection)
    if (index >= 0) this.open.splice(index, 1)
  }

  onClosed(connection: Http2ClientConnection): void {
    uncountConnection(this.cluster, this.host)
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
      this.queue.overflow(waiter)
      return
    }
    const exchange = connection.take()
    waiter.onConnection(exchange, connection.reused)
  }

  private serveWaiting(): void {
    while (this.queue.length > 0) {
      const connection = this.withCapacity()
      if (connection === null) break
      const waiter = this.queue.shift()
      if (waiter === undefined) break
      this.assign(connection, waiter)
    }
    this.connectIfNeeded()
  }

  /** A connection that is being made is expected to take as many requests as the configuration lets it. */
  private connectIfNeeded(): void {
    while (this.queue.length > this.connecting * this.expectedCapacity()) if (!this.connect()) return
  }

  private connectForNext(): void {
    const { perHost } = this.cluster.config.preconnect
    if (perHost === 1 || !this.host.healthy) return
    for (let i = 0; i < MOST_AHEAD && wantsConnection(this.streams, this.provided, perHost); i++) if (!this.connect()) return
  }

  /** Those that wait or are under way. */
  private get streams(): number {
    return this.open.reduce((sum, { streams }) => sum + streams, this.queue.length)
  }

  private get provided(): number {
    return this.open.reduce((sum, { streams, capacity }) => sum + streams + capacity, this.connecting * this.expectedCapacity())
  }

  /** False: the limit of the cluster is reached. */
  private connect(): boolean {
    const { stats, deps } = this.cluster
    if (!mayConnect(this.cluster, this.host)) return false
    this.connecting++
    countConnection(this.cluster, this.host)
    deps.stats.add(stats.cxHttp2Total, 1)
    new Http2ClientConnection(this, this.via).connect()
    return true
  }

  private expectedCapacity(): number {
    const { http2, maxRequestsPerConnection: limit } = this.cluster.config
    return limit === 0 ? http2.maxConcurrentStreams : Math.min(limit, http2.maxConcurrentStreams)
  }
}
