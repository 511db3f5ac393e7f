import { type TimerOwner, WheelTimer } from '@meshwork/core/time'
import type { ConnectionFacts } from '../filters/filter.ts'
import { ResponseFlag } from '../http/response-flags.ts'
import type { SubsetCriteria } from '../model/balancing.ts'
import type { Transport } from '../net/transport.ts'
import type { Cluster } from '../upstream/cluster.ts'
import { type ConnectHandler, connectTo } from '../upstream/connect.ts'
import { countConnection } from '../upstream/count-connection.ts'
import type { Host, HostDependent } from '../upstream/host.ts'
import type { PickContext } from '../upstream/pick-context.ts'
import { ConnectionPick } from '../upstream/connection-pick.ts'
import { UpstreamConnectionFacts } from '../upstream/upstream-connection-facts.ts'
import type { ConnectionPurpose } from '../upstream/upstream-socket.ts'
import type { TcpProxyPlan } from './tcp-proxy-plan.ts'
import type { TcpStreamInfo } from './tcp-stream-info.ts'
import { TunnelRequest } from './tunnel-request.ts'

const NOTHING = Buffer.alloc(0)

/** Told what becomes of the upstream connection. */
export interface UpstreamOwner extends HostDependent {
  /** Connected: `TcpUpstream.transport` takes bytes. */
  upConnected(): void
  /** No host took the connection; the flags say why. */
  upGivenUp(): void
  upBytes(bytes: Buffer, from: number, to: number): void
  upFin(): void
  upDrain(): void
  upClosed(): void
}

/** The upstream half of a relayed connection: chooses a host, connects, and tries others as often as configured. */
export class TcpUpstream implements ConnectionPurpose, TimerOwner {
  transport: Transport | null = null
  connected = false
  private readonly plan: TcpProxyPlan
  private readonly info: TcpStreamInfo
  private readonly criteria: SubsetCriteria | null
  private readonly owner: UpstreamOwner
  private readonly connectTimer: WheelTimer = new WheelTimer(this, 0)
  private readonly tried: Host[] = []
  private host: Host | null = null
  /** The handler of `transport`; events of attempts given up come from others. */
  private attempt: Attempt | null = null
  /** The connection counts among those of its cluster and host. */
  private counted = false
  private left = false

  constructor(plan: TcpProxyPlan, info: TcpStreamInfo, criteria: SubsetCriteria | null, owner: UpstreamOwner) {
    this.criteria = criteria
    this.plan = plan
    this.info = info
    this.owner = owner
  }

  get client(): ConnectionFacts {
    return this.info.connection
  }

  get requestHost(): string {
    return ''
  }

  requestHeader(): string {
    return ''
  }

  /** Chooses a host and connects. */
  start(): void {
    const { info, plan } = this
    info.cluster = plan.runtime.cluster(info.clusterName)
    if (info.cluster === null) {
      plan.runtime.stats.add(plan.noRoute, 1)
      info.clusterName = ''
      this.giveUp(ResponseFlag.noClusterFound)
      return
    }
    this.tryHost(info.cluster)
  }

  /** The session is over: no attempt counts any more. What was written is still sent. */
  leave(): void {
    this.left = true
    this.plan.runtime.wheel.clear(this.connectTimer)
    this.uncount()
  }

  onTimer(): void {
    this.host?.outlier?.timedOut()
    // The flags say it; there is no reason of the transport's.
    this.failed('')
  }

  private tryHost(cluster: Cluster): void {
    const { stats } = this.plan.runtime
    this.host = cluster.pick(this.info.connection.originalDestination, this.tried, this.tried.length, this.wish())
    if (this.host === null) {
      stats.add(cluster.stats.cxNoneHealthy, 1)
      this.giveUp(ResponseFlag.noHealthyUpstream)
    } else if (cluster.use.connections >= cluster.config.limits.maxConnections) {
      stats.add(cluster.stats.cxOverflow, 1)
      this.giveUp(ResponseFlag.upstreamOverflow)
    } else {
      this.connect(cluster, this.host)
    }
  }

  private wish(): PickContext | null {
    const { hashSourceIp } = this.plan.config
    if (!hashSourceIp && this.criteria === null) return null
    return new ConnectionPick(hashSourceIp ? this.info.connection.remoteAddress : null, this.criteria)
  }

  private connect(cluster: Cluster, host: Host): void {
    const { wheel } = this.plan.runtime
    this.info.upstream = host
    this.info.attempts++
    this.counted = true
    countConnection(cluster, host)
    wheel.set(this.connectTimer, cluster.config.connectTimeoutMs)
    const { tunnelTo } = this.plan.config
    const attempt = new Attempt(this, tunnelTo === '' ? null : new TunnelRequest(tunnelTo))
    this.attempt = attempt
    this.transport = connectTo(host, cluster.socketFor(host, this), attempt)
    if (this.transport === null) this.failed('TLS secrets are missing')
  }

  private failed(reason: string): void {
    if (this.left) return
    const { host, info, transport } = this
    const { runtime, config } = this.plan
    const { cluster } = info
    info.transportFailure = reason
    // Envoy's log keeps it, also where another host takes the connection.
    info.flags |= ResponseFlag.upstreamConnectionFailure
    runtime.wheel.clear(this.connectTimer)
    if (cluster === null || host === null) return
    runtime.stats.add(cluster.stats.cxConnectFail, 1)
    host.counters.cxConnectFail++
    if (info.attempts >= config.maxConnectAttempts) {
      this.giveUp(ResponseFlag.upstreamRetryLimitExceeded)
      return
    }
    this.uncount()
    this.attempt = null
    this.transport = null
    transport?.destroy()
    this.tried.push(host)
    this.tryHost(cluster)
  }

  private giveUp(flags: number): void {
    this.info.flags |= flags
    this.owner.upGivenUp()
  }

  private uncount(): void {
    const { host } = this
    const { cluster } = this.info
    if (cluster === null || host === null || !this.counted) return
    this.counted = false
    host.dependents?.delete(this.owner)
    cluster.use.connections--
    host.counters.cxActive--
    this.plan.runtime.stats.add(cluster.stats.cxActive, -1)
  }

  // ---- called by the attempt

  /** The owner of the connection, if `attempt` is the one that counts. */
  ownerFor(attempt: object): UpstreamOwner | null {
    return this.attempt === attempt ? this.owner : null
  }

  onConnected(attempt: object): void {
    const { host, transport, info } = this
    if (this.attempt !== attempt || host === null || transport === null) return
    this.plan.runtime.wheel.clear(this.connectTimer)
    this.connected = true
    host.outlier?.served()
    if (info.cluster?.config.closeOnHostFailure === true) (host.dependents ??= new Set()).add(this.owner)
    info.upstreamLocalAddress = `${transport.socket.localAddress ?? ''}:${transport.socket.localPort ?? 0}`
    info.upstreamConnection = new UpstreamConnectionFacts(transport.socket, '')
    this.owner.upConnected()
  }

  /** Connected, but to a proxy that is yet to connect. */
  ask(attempt: object, text: string): void {
    if (this.attempt === attempt) this.transport?.writeFramed(text, NOTHING, '', false)
  }

  onConnectFailed(attempt: object, reason: string): void {
    if (this.attempt !== attempt) return
    this.host?.outlier?.unreachable()
    this.failed(reason)
  }
}

/** One connection begun, so that what an earlier one still says is not taken for the word of the present one. */
class Attempt implements ConnectHandler {
  private readonly upstream: TcpUpstream
  /** Set until a tunnel through the host stands: before, it is not connected. */
  private tunnel: TunnelRequest | null

  constructor(upstream: TcpUpstream, tunnel: TunnelRequest | null) {
    this.upstream = upstream
    this.tunnel = tunnel
  }

  onConnected(): void {
    if (this.tunnel === null) this.upstream.onConnected(this)
    else this.upstream.ask(this, this.tunnel.text)
  }

  onConnectFailed(reason: string): void {
    this.upstream.onConnectFailed(this, reason)
  }

  onBytes(bytes: Buffer, from: number, to: number): void {
    if (this.tunnel === null) this.upstream.ownerFor(this)?.upBytes(bytes, from, to)
    else this.answered(this.tunnel, bytes.subarray(from, to))
  }

  onFin(): void {
    if (this.tunnel === null) this.upstream.ownerFor(this)?.upFin()
    else this.upstream.onConnectFailed(this, 'the connection ended before CONNECT was answered')
  }

  onDrain(): void {
    this.upstream.ownerFor(this)?.upDrain()
  }

  onClosed(): void {
    if (this.tunnel === null) this.upstream.ownerFor(this)?.upClosed()
    else this.upstream.onConnectFailed(this, 'the connection closed before CONNECT was answered')
  }

  private answered(tunnel: TunnelRequest, bytes: Buffer): void {
    const answer = tunnel.feed(bytes)
    if (answer === 'incomplete') return
    if (answer.kind === 'refused') {
      this.upstream.onConnectFailed(this, answer.reason)
      return
    }
    this.tunnel = null
    this.upstream.onConnected(this)
    if (answer.rest.length > 0) this.upstream.ownerFor(this)?.upBytes(answer.rest, 0, answer.rest.length)
  }
}
