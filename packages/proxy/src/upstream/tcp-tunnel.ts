import { type TimerOwner, WheelTimer } from '@meshwork/core/time'
import { HeaderTable } from '../http/header-table.ts'
import type { Transport } from '../net/transport.ts'
import type { ClusterContext } from './cluster-context.ts'
import { type ConnectHandler, connectTo } from './connect.ts'
import type { ConnectionPool, PoolFailure, PoolWaiter } from './connection-pool.ts'
import { countConnection, uncountConnection } from './count-connection.ts'
import type { Exchange, ExchangeConnection } from './exchange.ts'
import type { Host } from './host.ts'
import { UpstreamConnectionFacts } from './upstream-connection-facts.ts'
import type { UpstreamSocket } from './upstream-socket.ts'

/** Ends CONNECT requests here: each gets a TCP connection of its own to the host (`connect_config`). */
export class TcpTunnels implements ConnectionPool {
  private readonly cluster: ClusterContext
  private readonly host: Host
  private readonly via: UpstreamSocket | null
  private readonly connecting = new Map<PoolWaiter, TcpTunnel>()

  constructor(cluster: ClusterContext, host: Host, via: UpstreamSocket | null) {
    this.cluster = cluster
    this.host = host
    this.via = via
  }

  acquire(waiter: PoolWaiter): void {
    const { use, config, stats, deps } = this.cluster
    if (use.connections >= config.limits.maxConnections) {
      deps.stats.add(stats.cxOverflow, 1)
      waiter.onPoolFailure('overflow', '')
      return
    }
    const tunnel = new TcpTunnel(this.cluster, this.host, waiter, () => this.connecting.delete(waiter))
    this.connecting.set(waiter, tunnel)
    tunnel.connect(this.via)
  }

  /** Each tunnel has a connection of its own. */
  connectAhead(): boolean {
    return false
  }

  cancel(waiter: PoolWaiter): void {
    this.connecting.get(waiter)?.abort()
    this.connecting.delete(waiter)
  }

  /** Tunnels belong to their requests. */
  close(): void {}
}

/** A TCP connection that carries what comes in one CONNECT request. */
class TcpTunnel implements ExchangeConnection, ConnectHandler, TimerOwner {
  localAddress = ''
  facts: UpstreamConnectionFacts | null = null
  private readonly cluster: ClusterContext
  private readonly host: Host
  private readonly settled: () => void
  private readonly timer: WheelTimer = new WheelTimer(this, 0)
  private waiter: PoolWaiter | null
  private exchange: Exchange | null = null
  private transport: Transport | null = null
  private counted = false

  constructor(cluster: ClusterContext, host: Host, waiter: PoolWaiter, settled: () => void) {
    this.cluster = cluster
    this.host = host
    this.waiter = waiter
    this.settled = settled
  }

  get congested(): boolean {
    return this.transport?.congested ?? false
  }

  connect(via: UpstreamSocket | null): void {
    const { config, deps } = this.cluster
    this.counted = true
    countConnection(this.cluster, this.host)
    deps.wheel.set(this.timer, config.connectTimeoutMs)
    this.transport = connectTo(this.host, via, this)
    if (this.transport === null) queueMicrotask(() => this.onConnectFailed('TLS_error:|secret is not supplied by SDS:TLS_error_end'))
  }

  /** The tunnel stands: that is the whole answer. */
  begin(exchange: Exchange): void {
    this.exchange = exchange
    exchange.onResponseHead(200, new HeaderTable(), false)
    exchange.onResponseFed()
  }

  sendData(chunk: Buffer, volatile: boolean): void {
    this.transport?.writeFramed('', chunk, '', volatile)
  }

  sendEnd(): void {
    this.transport?.end()
  }

  flush(): void {}

  pause(): void {
    this.transport?.pause()
  }

  resume(): void {
    this.transport?.resume()
  }

  abort(): void {
    this.waiter = null
    this.exchange = null
    this.cluster.deps.wheel.clear(this.timer)
    this.transport?.destroy()
  }

  onConnected(): void {
    this.facts = new UpstreamConnectionFacts(this.transport?.socket, '')
    const { waiter, transport } = this
    if (waiter === null || transport === null) return
    this.settle()
    const { localAddress, localPort } = transport.socket
    if (localAddress !== undefined) this.localAddress = `${localAddress}:${localPort ?? 0}`
    waiter.onConnection(this, false)
  }

  onConnectFailed(reason: string): void {
    this.failed('connection-failure', reason)
  }

  onTimer(): void {
    this.failed('connection-timeout', '')
    this.transport?.destroy()
  }

  onBytes(bytes: Buffer, from: number, to: number): void {
    this.exchange?.onResponseData(bytes.subarray(from, to), this.transport?.reusesBuffer ?? true)
    this.exchange?.onResponseFed()
  }

  onFin(): void {
    const { exchange } = this
    this.exchange = null
    exchange?.onResponseEnd(null)
    this.transport?.endAndClose()
  }

  onDrain(): void {
    this.exchange?.onUpstreamDrain()
  }

  onClosed(): void {
    this.failed('connection-failure', 'connection closed')
    this.uncount()
    const { exchange } = this
    this.exchange = null
    exchange?.onExchangeFailed('connection-termination')
  }

  private failed(failure: PoolFailure, detail: string): void {
    const { waiter } = this
    if (waiter === null) return
    this.settle()
    const { deps, stats } = this.cluster
    deps.stats.add(stats.cxConnectFail, 1)
    this.host.counters.cxConnectFail++
    if (this.transport === null) this.uncount()
    waiter.onPoolFailure(failure, detail)
  }

  private settle(): void {
    this.waiter = null
    this.cluster.deps.wheel.clear(this.timer)
    this.settled()
  }

  private uncount(): void {
    if (!this.counted) return
    this.counted = false
    uncountConnection(this.cluster, this.host)
  }
}
