import { Http1ClientConnection, type ConnectionOwner } from './http1-client-connection.ts'
import type { ClusterContext } from './cluster-context.ts'
import type { ConnectionPool, PoolFailure, PoolWaiter } from './connection-pool.ts'
import type { Transport } from '../net/transport.ts'
import { countConnection, mayConnect, uncountConnection } from './count-connection.ts'
import type { Host } from './host.ts'
import { PoolQueue } from './pool-queue.ts'
import { MOST_AHEAD, wantsConnection } from './preconnect.ts'
import type { UpstreamSocket } from './upstream-socket.ts'

/** The HTTP/1.1 connections to one host: as many as requests at once, kept for the next ones. */
export class Http1Pool implements ConnectionPool, ConnectionOwner {
  readonly cluster: ClusterContext
  readonly host: Host
  private readonly via: UpstreamSocket | null
  private readonly idle: Http1ClientConnection[] = []
  private readonly queue: PoolQueue
  private connecting = 0
  /** Connections, also those that are being made. */
  private count = 0
  private closing = false

  constructor(cluster: ClusterContext, host: Host, via: UpstreamSocket | null) {
    this.cluster = cluster
    this.queue = new PoolQueue(cluster)
    this.host = host
    this.via = via
  }

  /** `fresh`: no kept connection, because one has just failed this request. */
  acquire(waiter: PoolWaiter, fresh: boolean = false): void {
    const { config, use } = this.cluster
    if (use.requests >= config.limits.maxRequests) {
      this.queue.overflow(waiter)
      return
    }
    // Last used first: connections that are not needed grow old and close.
    for (let connection = fresh ? undefined : this.idle.pop(); connection !== undefined; connection = this.idle.pop()) {
      // One that is being closed reports so only in a later turn.
      if (!connection.usable) continue
      this.assign(connection, waiter, true)
      this.connectForNext()
      return
    }
    if (!this.queue.admit(waiter, this.connecting)) return
    this.connectIfNeeded()
    this.connectForNext()
  }

  connectAhead(ratio: number): boolean {
    return wantsConnection(this.streams + 1, this.count, ratio) && this.connect()
  }

  /** The request is no longer interested. */
  cancel(waiter: PoolWaiter): void {
    this.queue.remove(waiter)
  }

  /** Takes over a connection that is counted already. */
  adopt(transport: Transport): void {
    const connection = new Http1ClientConnection(this, this.via)
    this.count++
    connection.adopt(transport)
    this.release(connection)
  }

  /** A request ended and its connection can carry another one. */
  release(connection: Http1ClientConnection): void {
    // A request may give its connection up while the last of the response is read.
    if (this.closing || !connection.usable) {
      connection.close()
      return
    }
    const next = this.queue.shift()
    if (next === undefined) {
      this.idle.push(connection)
      connection.restUntilUsed()
      return
    }
    this.assign(connection, next, true)
  }

  onConnected(connection: Http1ClientConnection): void {
    this.connecting--
    const next = this.queue.shift()
    if (next === undefined) {
      this.release(connection)
      return
    }
    this.assign(connection, next, false)
  }

  onConnectFailed(failure: PoolFailure, detail: string): void {
    this.connecting--
    this.queue.fail(1, failure, detail)
    this.connectIfNeeded()
  }

  /** The connection is gone for whatever reason; called once for each. */
  onClosed(connection: Http1ClientConnection): void {
    uncountConnection(this.cluster, this.host)
    this.count--
    const index = this.idle.indexOf(connection)
    if (index >= 0) this.idle.splice(index, 1)
    this.connectIfNeeded()
  }

  /** The host left, or the cluster was replaced: idle connections close now, others when they become idle. */
  close(): void {
    this.closing = true
    for (const connection of this.idle.splice(0)) connection.close()
  }

  private assign(connection: Http1ClientConnection, waiter: PoolWaiter, reused: boolean): void {
    const { use, config } = this.cluster
    if (use.requests >= config.limits.maxRequests) {
      this.queue.overflow(waiter)
      this.release(connection)
      return
    }
    waiter.onConnection(connection, reused)
  }

  private connectIfNeeded(): void {
    while (this.queue.length > this.connecting) if (!this.connect()) return
  }

  private connectForNext(): void {
    const { perHost } = this.cluster.config.preconnect
    if (perHost === 1 || !this.host.healthy) return
    for (let i = 0; i < MOST_AHEAD && wantsConnection(this.streams, this.count, perHost); i++) if (!this.connect()) return
  }

  /** Those that wait or are under way. */
  private get streams(): number {
    return this.queue.length + this.count - this.connecting - this.idle.length
  }

  /** False: the limit of the cluster is reached. */
  private connect(): boolean {
    const { stats, deps } = this.cluster
    if (!mayConnect(this.cluster, this.host)) return false
    this.connecting++
    this.count++
    countConnection(this.cluster, this.host)
    deps.stats.add(stats.cxHttp1Total, 1)
    new Http1ClientConnection(this, this.via).connect()
    return true
  }
}
