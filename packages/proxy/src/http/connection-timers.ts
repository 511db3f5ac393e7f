import { type TimerOwner, WheelTimer } from '@meshwork/core/time'
import type { ConnectionPlan } from './connection-plan.ts'

const HEAD = 0
const IDLE = 1
const LINGER = 2
const DURATION = 3

/** A client's connection, told what has taken too long. */
export interface TimedConnection {
  /** A request is under way: the connection is not idle. */
  readonly serving: boolean
  /** The head of a request has begun and did not come whole. */
  onHeadTimeout(): void
  onIdleTimeout(): void
  /** `max_connection_duration` */
  onDurationTimeout(): void
  /** What was to be read before closing did not come. */
  onLingerTimeout(): void
}

/** The time limits of one HTTP/1.1 connection of a client, as its plan has them. */
export class ConnectionTimers implements TimerOwner {
  private readonly connection: TimedConnection
  private readonly plan: ConnectionPlan
  private readonly head: WheelTimer = new WheelTimer(this, HEAD)
  private readonly idle: WheelTimer = new WheelTimer(this, IDLE)
  private readonly lingering: WheelTimer = new WheelTimer(this, LINGER)
  private readonly duration: WheelTimer | null
  private idleSinceMs = 0

  constructor(connection: TimedConnection, plan: ConnectionPlan) {
    const { maxConnectionDurationMs } = plan.config
    this.connection = connection
    this.plan = plan
    this.duration = maxConnectionDurationMs > 0 ? new WheelTimer(this, DURATION) : null
    if (this.duration !== null) plan.runtime.wheel.set(this.duration, maxConnectionDurationMs)
  }

  /** The first bytes of a request are here. */
  headBegins(): void {
    const { config, runtime } = this.plan
    if (config.requestHeadersTimeoutMs > 0) runtime.wheel.set(this.head, config.requestHeadersTimeoutMs)
  }

  headDone(): void {
    this.plan.runtime.wheel.clear(this.head)
  }

  /** From now on nothing is under way. Requests do not move the timer, so that they cost nothing: see `checkIdle`. */
  idleBegins(): void {
    const { config, runtime } = this.plan
    if (config.idleTimeoutMs === 0) return
    this.idleSinceMs = runtime.clock.monotonicMs()
    if (!this.idle.armed) runtime.wheel.set(this.idle, config.idleTimeoutMs)
  }

  /** How long bytes are read that nobody needs, so that their sender can read the answer. */
  linger(delayMs: number): void {
    this.plan.runtime.wheel.set(this.lingering, delayMs)
  }

  lingerDone(): void {
    this.plan.runtime.wheel.clear(this.lingering)
  }

  clear(): void {
    const { wheel } = this.plan.runtime
    wheel.clear(this.head)
    wheel.clear(this.idle)
    wheel.clear(this.lingering)
    if (this.duration !== null) wheel.clear(this.duration)
  }

  onTimer(kind: number): void {
    const { stats } = this.plan
    if (kind === HEAD) {
      stats.add(stats.rqHeaderTimeout, 1)
      this.connection.onHeadTimeout()
    } else if (kind === IDLE) {
      this.checkIdle()
    } else if (kind === DURATION) {
      stats.add(stats.cxMaxDuration, 1)
      this.connection.onDurationTimeout()
    } else {
      this.connection.onLingerTimeout()
    }
  }

  /** What is left since the last request is waited for now. */
  private checkIdle(): void {
    const { config, runtime, stats } = this.plan
    if (this.connection.serving) return
    const restMs = this.idleSinceMs + config.idleTimeoutMs - runtime.clock.monotonicMs()
    if (restMs > 0) {
      runtime.wheel.set(this.idle, restMs)
      return
    }
    stats.add(stats.cxIdleTimeout, 1)
    this.connection.onIdleTimeout()
  }
}
