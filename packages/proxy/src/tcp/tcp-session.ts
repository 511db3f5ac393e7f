import { type TimerOwner, WheelTimer } from '@meshwork/core/time'
import { ResponseFlag } from '../http/response-flags.ts'
import type { Transport, TransportHandler } from '../net/transport.ts'
import type { NetworkConnection } from '../network-filters/network-filter.ts'
import type { Session } from '../network-filters/terminal-filter.ts'
import { relay } from './relay.ts'
import type { TcpProxyPlan } from './tcp-proxy-plan.ts'
import { TcpStreamInfo } from './tcp-stream-info.ts'
import { TcpUpstream, type UpstreamOwner } from './tcp-upstream.ts'

const IDLE_TIMER = 0
const DURATION_TIMER = 1
const LINGER_TIMER = 2
const LOG_TIMER = 3

/** What was said last is given this long to be taken by a peer that has stopped reading. */
const LINGER_MS = 60_000

/** A client's connection joined to an upstream one: bytes both ways, each direction ended for itself. */
export class TcpSession implements TransportHandler, Session, TimerOwner, UpstreamOwner {
  private readonly plan: TcpProxyPlan
  readonly info: TcpStreamInfo
  private readonly down: Transport
  private readonly connection: NetworkConnection
  private readonly upstream: TcpUpstream
  private readonly onGone: () => void
  private readonly idleTimer: WheelTimer = new WheelTimer(this, IDLE_TIMER)
  private readonly durationTimer: WheelTimer = new WheelTimer(this, DURATION_TIMER)
  private readonly lingerTimer: WheelTimer = new WheelTimer(this, LINGER_TIMER)
  private readonly logTimer: WheelTimer = new WheelTimer(this, LOG_TIMER)
  private downEnded = false
  private upEnded = false
  private over = false
  private early: Buffer[] = []
  private lastActivityMs: number

  constructor(down: Transport, connection: NetworkConnection, plan: TcpProxyPlan, onGone: () => void) {
    const { clock, stats } = plan.runtime
    this.plan = plan
    this.down = down
    this.connection = connection
    this.onGone = onGone
    const chosen = plan.choose()
    this.info = new TcpStreamInfo(connection, connection.upstreamCluster || (chosen?.name ?? ''), clock)
    this.upstream = new TcpUpstream(plan, this.info, chosen?.criteria ?? null, this)
    this.lastActivityMs = clock.monotonicMs()
    down.handler = this
    down.pause()
    stats.add(plan.cxTotal, 1)
    stats.add(plan.cxActive, 1)
  }

  /** Chooses the upstream and connects. */
  start(): void {
    const { runtime, config } = this.plan
    if (config.maxDurationMs > 0) runtime.wheel.set(this.durationTimer, config.maxDurationMs)
    this.upstream.start()
  }

  /** The listener goes; a tunnel has no good moment to end, so it ends at the deadline. */
  drain(): void {}

  destroy(): void {
    this.finish()
  }

  onBytes(bytes: Buffer, from: number, to: number): void {
    const chunk = bytes.subarray(from, to)
    const { transport, connected } = this.upstream
    this.info.requestBytes += chunk.length
    this.connection.show('client', chunk)
    this.touch()
    if (connected && transport !== null) relay(this.down, transport, chunk)
    else this.early.push(Buffer.from(chunk))
  }

  onFin(): void {
    this.downEnded = true
    if (this.upstream.connected) this.upstream.transport?.end()
    if (this.upEnded) this.finish()
  }

  onDrain(): void {
    this.upstream.transport?.resume()
  }

  onClosed(): void {
    const { connected, transport } = this.upstream
    if (this.over) {
      if (transport === null || transport.closed) this.plan.runtime.wheel.clear(this.lingerTimer)
      return
    }
    if (!connected) this.info.flags |= ResponseFlag.downstreamConnectionTermination
    this.finish()
  }

  /** The host may be gone: nothing that waits to be written is waited for. */
  onHostFailed(): void {
    this.end(ResponseFlag.none)
  }

  onTimer(kind: number): void {
    const { runtime, config, maxDuration, idleTimeout } = this.plan
    if (kind === LINGER_TIMER) {
      this.cut()
    } else if (kind === LOG_TIMER) {
      this.log('TcpPeriodic')
      runtime.wheel.set(this.logTimer, config.logIntervalMs)
    } else if (kind === DURATION_TIMER) {
      runtime.stats.add(maxDuration, 1)
      this.end(ResponseFlag.durationTimeout)
    } else {
      const restMs = this.lastActivityMs + config.idleTimeoutMs - runtime.clock.monotonicMs()
      if (restMs > 0) {
        runtime.wheel.set(this.idleTimer, restMs)
        return
      }
      runtime.stats.add(idleTimeout, 1)
      // Envoy says nothing of it in the log.
      this.end(ResponseFlag.none)
    }
  }

  // ---- called by the upstream half

  upConnected(): void {
    const { transport } = this.upstream
    if (transport === null) return
    for (const chunk of this.early) transport.writeFramed('', chunk, '', false)
    this.early = []
    if (this.downEnded) transport.end()
    this.down.bulk = true
    transport.bulk = true
    this.down.resume()
    const { config, runtime } = this.plan
    if (config.idleTimeoutMs > 0) runtime.wheel.set(this.idleTimer, config.idleTimeoutMs)
    if (config.logOnConnected) this.log('TcpUpstreamConnected')
    if (config.logIntervalMs > 0) runtime.wheel.set(this.logTimer, config.logIntervalMs)
  }

  upGivenUp(): void {
    this.finish()
  }

  upBytes(bytes: Buffer, from: number, to: number): void {
    const { transport } = this.upstream
    this.info.responseBytes += to - from
    this.touch()
    const chunk = bytes.subarray(from, to)
    this.connection.show('server', chunk)
    if (transport !== null) relay(transport, this.down, chunk)
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
    if (!this.upEnded) this.info.flags |= ResponseFlag.upstreamConnectionTermination
    this.finish()
  }

  private touch(): void {
    this.lastActivityMs = this.plan.runtime.clock.monotonicMs()
  }

  private end(flag: number): void {
    this.info.flags |= flag
    this.finish()
    this.cut()
  }

  private finish(): void {
    if (this.over) return
    this.over = true
    const { info, plan } = this
    const { wheel, stats } = plan.runtime
    wheel.clear(this.idleTimer)
    wheel.clear(this.durationTimer)
    wheel.clear(this.logTimer)
    if (!this.down.closed) wheel.set(this.lingerTimer, LINGER_MS)
    this.closeBoth()
    this.upstream.leave()
    stats.add(plan.cxActive, -1)
    stats.add(plan.rxBytes, info.requestBytes)
    stats.add(plan.txBytes, info.responseBytes)
    this.log('TcpConnectionEnd')
    this.onGone()
  }

  private log(type: string): void {
    this.info.logType = type
    for (const log of this.plan.accessLogs) log.write(this.info)
  }

  /** What was written is still sent. Without an upstream connection nothing was. */
  private closeBoth(): void {
    const { transport } = this.upstream
    if (transport === null) {
      this.down.destroy()
      return
    }
    this.down.endAndClose()
    transport.endAndClose()
  }

  /** Closes at once what is still open. */
  private cut(): void {
    this.down.destroy()
    this.upstream.transport?.destroy()
  }
}
