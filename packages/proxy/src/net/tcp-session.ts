import { type TimerOwner, WheelTimer } from '@meshwork/core/time'
import type { ConnectionFacts, UpstreamFacts } from '../filters/filter.ts'
import type { NetworkConnection } from '../network-filters/network-filter.ts'
import { ResponseFlag } from '../http/response-flags.ts'
import type { Session } from '../network-filters/terminal-filter.ts'
import type { StreamInfo } from '../telemetry/stream-info.ts'
import type { Cluster } from '../upstream/cluster.ts'
import { type ConnectHandler, connectTo } from '../upstream/connect.ts'
import type { Host, HostDependent } from '../upstream/host.ts'
import type { PickContext } from '../upstream/pick-context.ts'
import { SourceIpPick } from '../upstream/source-ip-pick.ts'
import type { TcpProxyPlan } from './tcp-proxy-plan.ts'
import type { Transport, TransportHandler } from './transport.ts'

const CONNECT_TIMER = 0
const IDLE_TIMER = 1
const DURATION_TIMER = 2
const LINGER_TIMER = 3

/** What was said last is given this long to be taken by a peer that has stopped reading. */
const LINGER_MS = 60_000

/** A client's connection joined to an upstream one: bytes both ways, each direction ended for itself. */
export class TcpSession implements TransportHandler, Session, StreamInfo, TimerOwner, HostDependent {
  readonly connection: ConnectionFacts
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localReplyBody = ''
  readonly healthCheck = false
  readonly protocol = ''
  readonly method = ''
  readonly path = ''
  readonly authority = ''
  readonly scheme = ''
  readonly requestId = ''
  readonly requestHeaders = null
  readonly responseHeaders = null
  readonly responseTrailers = null
  readonly route = null
  readonly status = 0
  readonly requestDoneMs = -1
  readonly responseHeadMs = -1
  attempts = 0
  readonly startTimeMs: number
  flags = 0
  details = ''
  transportFailure = ''
  clusterName = ''
  upstream: UpstreamFacts | null = null
  upstreamLocalAddress = ''
  requestBytes = 0
  responseBytes = 0
  private readonly plan: TcpProxyPlan
  private readonly down: Transport
  private readonly onGone: () => void
  private readonly startMs: number
  private readonly connectTimer: WheelTimer = new WheelTimer(this, CONNECT_TIMER)
  private readonly idleTimer: WheelTimer = new WheelTimer(this, IDLE_TIMER)
  private readonly durationTimer: WheelTimer = new WheelTimer(this, DURATION_TIMER)
  private readonly lingerTimer: WheelTimer = new WheelTimer(this, LINGER_TIMER)
  private readonly tried: Host[] = []
  private up: Transport | null = null
  /** The handler of `up`; events of attempts given up come from others. */
  private side: UpstreamSide | null = null
  private cluster: Cluster | null = null
  private host: Host | null = null
  private connected = false
  /** The connection counts among those of its cluster and host. */
  private counted = false
  private downEnded = false
  private upEnded = false
  private over = false
  private early: Buffer[] = []
  private lastActivityMs: number

  constructor(down: Transport, { facts, upstreamCluster }: NetworkConnection, plan: TcpProxyPlan, onGone: () => void) {
    const { clock } = plan.runtime
    this.down = down
    this.connection = facts
    this.remoteAddress = facts.remoteAddress
    this.remotePort = facts.remotePort
    this.clusterName = upstreamCluster || plan.cluster()
    this.plan = plan
    this.onGone = onGone
    this.startTimeMs = clock.now()
    this.startMs = clock.monotonicMs()
    this.lastActivityMs = this.startMs
    down.handler = this
    down.pause()
    plan.runtime.stats.add(plan.cxTotal, 1)
    plan.runtime.stats.add(plan.cxActive, 1)
  }

  get client(): ConnectionFacts {
    return this.connection
  }

  get requestHost(): string {
    return ''
  }

  requestHeader(): string {
    return ''
  }

  dynamicMetadata(): null {
    return null
  }

  clusterMetadata(): Readonly<Record<string, unknown>> | null {
    return this.cluster?.config.metadata ?? null
  }

  durationMs(): number {
    return this.plan.runtime.clock.monotonicMs() - this.startMs
  }

  /** Chooses the upstream and connects. */
  start(): void {
    const { runtime, config } = this.plan
    if (config.maxDurationMs > 0) runtime.wheel.set(this.durationTimer, config.maxDurationMs)
    this.cluster = runtime.cluster(this.clusterName)
    if (this.cluster === null) {
      this.flags |= ResponseFlag.noClusterFound
      runtime.stats.add(this.plan.noRoute, 1)
      this.finish()
      return
    }
    this.tryHost(this.cluster)
  }

  /** The listener goes; a tunnel has no good moment to end, so it ends at the deadline. */
  drain(): void {}

  destroy(): void {
    this.finish()
  }

  onBytes(bytes: Buffer, from: number, to: number): void {
    const chunk = bytes.subarray(from, to)
    this.requestBytes += chunk.length
    this.touch()
    if (!this.connected || this.up === null) {
      this.early.push(Buffer.from(chunk))
      return
    }
    this.up.writeFramed('', chunk, '', this.down.reusesBuffer)
    if (this.up.congested) this.down.pause()
  }

  onFin(): void {
    this.downEnded = true
    if (this.connected) this.up?.end()
    if (this.upEnded) this.finish()
  }

  onDrain(): void {
    this.up?.resume()
  }

  onClosed(): void {
    if (this.over) {
      if (this.up === null || this.up.closed) this.plan.runtime.wheel.clear(this.lingerTimer)
      return
    }
    if (!this.upEnded || !this.downEnded) this.flags |= this.connected ? ResponseFlag.none : ResponseFlag.downstreamConnectionTermination
    this.finish()
  }

  /** The host may be gone: nothing that waits to be written is waited for. */
  onHostFailed(): void {
    this.finish()
    this.cut()
  }

  onTimer(kind: number): void {
    if (kind === CONNECT_TIMER) {
      this.host?.outlier?.timedOut()
      this.failed('connection timeout')
      return
    }
    if (kind === LINGER_TIMER) {
      this.cut()
      return
    }
    if (kind === DURATION_TIMER) {
      this.flags |= ResponseFlag.durationTimeout
      this.plan.runtime.stats.add(this.plan.maxDuration, 1)
      this.finish()
      this.cut()
      return
    }
    const restMs = this.lastActivityMs + this.plan.config.idleTimeoutMs - this.plan.runtime.clock.monotonicMs()
    if (restMs > 0) {
      this.plan.runtime.wheel.set(this.idleTimer, restMs)
      return
    }
    this.flags |= ResponseFlag.streamIdleTimeout
    this.plan.runtime.stats.add(this.plan.idleTimeout, 1)
    this.finish()
    this.cut()
  }

  private tryHost(cluster: Cluster): void {
    const { runtime } = this.plan
    this.host = cluster.pick(this.connection.originalDestination, this.tried, this.tried.length, this.wish())
    if (this.host === null) {
      this.flags |= ResponseFlag.noHealthyUpstream
      runtime.stats.add(cluster.stats.cxNoneHealthy, 1)
      this.finish()
      return
    }
    if (cluster.use.connections >= cluster.config.limits.maxConnections) {
      this.flags |= ResponseFlag.upstreamOverflow
      runtime.stats.add(cluster.stats.cxOverflow, 1)
      this.finish()
      return
    }
    this.connect(cluster, this.host)
  }

  private wish(): PickContext | null {
    return this.plan.config.hashSourceIp ? new SourceIpPick(this.connection.remoteAddress) : null
  }

  private connect(cluster: Cluster, host: Host): void {
    const { wheel, stats } = this.plan.runtime
    this.upstream = host
    this.attempts++
    this.counted = true
    cluster.use.connections++
    host.counters.cxTotal++
    host.counters.cxActive++
    stats.add(cluster.stats.cxTotal, 1)
    stats.add(cluster.stats.cxActive, 1)
    wheel.set(this.connectTimer, cluster.config.connectTimeoutMs)
    const side = new UpstreamSide(this)
    this.side = side
    this.up = connectTo(host, cluster.socketFor(host, this), side)
    if (this.up === null) this.failed('TLS secrets are missing')
  }

  private failed(reason: string): void {
    if (this.over) return
    const { cluster, host, up } = this
    const { runtime, config } = this.plan
    this.transportFailure = reason
    runtime.wheel.clear(this.connectTimer)
    if (cluster === null || host === null) return
    runtime.stats.add(cluster.stats.cxConnectFail, 1)
    host.counters.cxConnectFail++
    if (this.attempts >= config.maxConnectAttempts) {
      this.flags |= ResponseFlag.upstreamConnectionFailure | ResponseFlag.upstreamRetryLimitExceeded
      this.finish()
      return
    }
    this.leaveCluster()
    this.side = null
    this.up = null
    up?.destroy()
    this.tried.push(host)
    this.tryHost(cluster)
  }

  // ---- called by the upstream side

  /** Whether `side` belongs to the attempt that counts. */
  hears(side: object): boolean {
    return this.side === side
  }

  upConnected(): void {
    const { wheel } = this.plan.runtime
    wheel.clear(this.connectTimer)
    this.connected = true
    this.host?.outlier?.served()
    if (this.host !== null && this.cluster?.config.closeOnHostFailure === true) (this.host.dependents ??= new Set()).add(this)
    const { up } = this
    if (up === null) return
    this.upstreamLocalAddress = `${up.socket.localAddress ?? ''}:${up.socket.localPort ?? 0}`
    for (const chunk of this.early) up.writeFramed('', chunk, '', false)
    this.early = []
    if (this.downEnded) up.end()
    this.down.resume()
    if (this.plan.config.idleTimeoutMs > 0) wheel.set(this.idleTimer, this.plan.config.idleTimeoutMs)
  }

  upFailed(reason: string): void {
    this.host?.outlier?.unreachable()
    this.failed(reason)
  }

  upBytes(bytes: Buffer, from: number, to: number): void {
    this.responseBytes += to - from
    this.touch()
    this.down.writeFramed('', bytes.subarray(from, to), '', this.up?.reusesBuffer ?? true)
    if (this.down.congested) this.up?.pause()
  }

  upFin(): void {
    this.upEnded = true
    if (this.downEnded) this.finish()
    else this.down.end()
  }

  upDrain(): void {
    this.down.resume()
  }

  upClosed(): void {
    if (this.over) {
      if (this.down.closed) this.plan.runtime.wheel.clear(this.lingerTimer)
      return
    }
    if (!this.upEnded) this.flags |= ResponseFlag.upstreamConnectionTermination
    this.finish()
  }

  private touch(): void {
    this.lastActivityMs = this.plan.runtime.clock.monotonicMs()
  }

  private finish(): void {
    if (this.over) return
    this.over = true
    const { wheel, stats } = this.plan.runtime
    wheel.clear(this.connectTimer)
    wheel.clear(this.idleTimer)
    wheel.clear(this.durationTimer)
    if (!this.down.closed) wheel.set(this.lingerTimer, LINGER_MS)
    if (this.up === null) this.down.destroy()
    else this.closeBoth(this.up)
    stats.add(this.plan.cxActive, -1)
    stats.add(this.plan.rxBytes, this.requestBytes)
    stats.add(this.plan.txBytes, this.responseBytes)
    this.leaveCluster()
    for (const log of this.plan.accessLogs) log.write(this)
    this.onGone()
  }

  /** Closes at once what is still open. */
  private cut(): void {
    this.down.destroy()
    this.up?.destroy()
  }

  private closeBoth(up: Transport): void {
    this.down.endAndClose()
    up.endAndClose()
  }

  private leaveCluster(): void {
    const { cluster, host } = this
    if (cluster === null || host === null || !this.counted) return
    this.counted = false
    host.dependents?.delete(this)
    cluster.use.connections--
    host.counters.cxActive--
    this.plan.runtime.stats.add(cluster.stats.cxActive, -1)
  }
}

/** The upstream's half, so that the two directions cannot be confused. */
class UpstreamSide implements ConnectHandler {
  private readonly session: TcpSession

  constructor(session: TcpSession) {
    this.session = session
  }

  onConnected(): void {
    if (this.session.hears(this)) this.session.upConnected()
  }

  onConnectFailed(reason: string): void {
    if (this.session.hears(this)) this.session.upFailed(reason)
  }

  onBytes(bytes: Buffer, from: number, to: number): void {
    if (this.session.hears(this)) this.session.upBytes(bytes, from, to)
  }

  onFin(): void {
    if (this.session.hears(this)) this.session.upFin()
  }

  onDrain(): void {
    if (this.session.hears(this)) this.session.upDrain()
  }

  onClosed(): void {
    if (this.session.hears(this)) this.session.upClosed()
  }
}
