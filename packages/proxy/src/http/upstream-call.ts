import { type TimerOwner, WheelTimer } from '@meshwork/core/time'
import type { CompiledRoute } from '../route/compiled-route.ts'
import type { AttemptFailure } from '../route/retry-rule.ts'
import type { Cluster } from '../upstream/cluster.ts'
import type { ConnectionPool, PoolFailure, PoolWaiter } from '../upstream/connection-pool.ts'
import type { Exchange, ExchangeConnection, ExchangeFailure } from '../upstream/exchange.ts'
import type { Host } from '../upstream/host.ts'
import type { ActiveStream } from './active-stream.ts'
import { countBegin, countCancel, countEnd, countReset, countResponse, countRouteTimeout, countTryTimeout } from './attempt-counters.ts'
import type { HeaderTable } from './header-table.ts'
import { KeptBody } from './kept-body.ts'
import { LOCAL_REPLIES, type LocalReply, upstreamReset } from './local-reply.ts'
import { ResponseFlag } from './response-flags.ts'
import { RetryState } from './retry-state.ts'

const TRY_TIMER = 0
const BACKOFF_TIMER = 1

/**
 * The way of one request to an upstream and back: choice of a host, a connection, repetition. The router's work.
 * Owned by its stream; the connection it has belongs to it until the exchange ends.
 */
export class UpstreamCall implements PoolWaiter, Exchange, TimerOwner {
  private readonly stream: ActiveStream
  private readonly route: CompiledRoute
  private readonly cluster: Cluster
  private readonly bodiless: boolean
  private host: Host | null = null
  private pool: ConnectionPool | null = null
  private connection: ExchangeConnection | null = null
  private waiting = false
  private acquiring = false
  private active = false
  private over = false
  private responseHead = false
  private reused = false
  /** A kept connection failed: where one is dead, others may be. */
  private distrustsKept = false
  private retries: RetryState | null = null
  private attemptStartMs = 0
  private body: KeptBody | null = null
  private requestEnded = false
  private trailers: HeaderTable | null = null
  private tryTimer: WheelTimer | null = null

  /** The request's head is ready to be sent. `bodiless`: it is the whole request. */
  constructor(stream: ActiveStream, route: CompiledRoute, cluster: Cluster, bodiless: boolean) {
    this.stream = stream
    this.route = route
    this.cluster = cluster
    this.bodiless = bodiless
  }

  start(): void {
    this.attempt()
  }

  // ---- told by the stream

  /** `volatile`: the chunk must be copied to be kept. */
  sendData(chunk: Buffer, volatile: boolean): void {
    if (this.over) return
    const { connection } = this
    if (connection === null || this.route.retry !== null) this.keep(chunk, volatile)
    if (connection === null) {
      if (this.body?.full === true) this.stream.downstream.pauseRequest()
      return
    }
    connection.sendData(chunk, volatile)
    if (connection.congested) this.stream.downstream.pauseRequest()
  }

  sendEnd(trailers: HeaderTable | null): void {
    this.requestEnded = true
    this.trailers = trailers
    if (this.over || this.connection === null) return
    this.connection.sendEnd(trailers)
    this.armTryTimer()
  }

  flush(): void {
    this.connection?.flush()
  }

  pauseResponse(): void {
    this.connection?.pause()
  }

  resumeResponse(): void {
    this.connection?.resume()
  }

  /** The stream ended or answers for itself: leave the upstream. */
  cancel(): void {
    if (this.over) return
    this.over = true
    this.leavePool()
    const onlyEndLeft = this.responseHead && this.stream.ended
    if (this.connection !== null && !onlyEndLeft) countCancel(this.cluster)
    this.leaveConnection()
  }

  onRouteTimeout(): void {
    if (this.over) return
    countRouteTimeout(this.cluster, this.host)
    this.giveUp(LOCAL_REPLIES.requestTimeout)
  }

  // ---- told by the pool

  onConnection(connection: ExchangeConnection, reused: boolean): void {
    const { stream } = this
    this.waiting = false
    this.reused = reused
    this.connection = connection
    this.responseHead = false
    this.active = true
    countBegin(this.cluster, this.host)
    stream.attempts++
    stream.upstreamLocalAddress = connection.localAddress
    if (this.route.virtualHost.includeAttemptCount) stream.requestHeaders.set('x-envoy-attempt-count', String(stream.attempts))
    connection.begin(this, stream, this.bodiless)
    if (this.body !== null) this.sendKept(connection, this.body)
    if (this.requestEnded) {
      connection.sendEnd(this.trailers)
      this.armTryTimer()
    } else {
      // Within the read that brought the head, more of the request may follow and leave with it.
      if (!this.acquiring) connection.flush()
      stream.onUpstreamReady()
    }
  }

  onPoolFailure(failure: PoolFailure, detail: string): void {
    this.waiting = false
    this.stream.transportFailure = detail
    if (failure === 'overflow') this.fail('overflow', upstreamReset('overflow', '', this.repeated))
    else this.fail('connect-failure', upstreamReset(failure, detail, this.repeated))
  }

  // ---- told by the connection

  onResponseHead(status: number, headers: HeaderTable, bodiless: boolean): void {
    const { stream } = this
    this.responseHead = true
    this.clearTryTimer()
    if (this.mayRetryStatus(status, headers) && this.retry()) return
    const tookMs = stream.plan.runtime.clock.monotonicMs() - this.attemptStartMs
    countResponse(this.cluster, this.host, status, tookMs, this.repeated)
    if (!stream.plan.suppressEnvoyHeaders) headers.set('x-envoy-upstream-service-time', String(Math.floor(tookMs)))
    stream.onUpstreamHead(status, headers, bodiless)
  }

  onResponseData(chunk: Buffer, volatile: boolean): void {
    this.stream.onResponseData(chunk, volatile)
  }

  onResponseFed(): void {
    if (!this.over) this.stream.flushResponse()
  }

  onResponseEnd(trailers: HeaderTable | null): void {
    if (this.over) return
    this.over = true
    this.detach()
    this.stream.onResponseEnd(trailers)
  }

  onExchangeFailed(failure: ExchangeFailure): void {
    if (this.over) return
    this.over = this.responseHead
    this.detach()
    countReset(this.cluster, this.host)
    if (this.responseHead) {
      const details = 'upstream_reset_after_response_started{connection_termination}'
      this.stream.onResponseBroken(ResponseFlag.upstreamConnectionTermination, details)
      return
    }
    // The upstream may have read the request before it left, so that only the route's policy may repeat it.
    if (this.reused) this.distrustsKept = true
    this.fail('reset', upstreamReset(failure, '', this.repeated))
  }

  onUpstreamDrain(): void {
    this.stream.onUpstreamReady()
  }

  // ---- attempts

  onTimer(kind: number): void {
    if (this.over) return
    if (kind === BACKOFF_TIMER) {
      this.attempt()
      return
    }
    countTryTimeout(this.cluster, this.host)
    this.leavePool()
    this.leaveConnection()
    this.fail('timeout', LOCAL_REPLIES.perTryTimeout)
  }

  private attempt(): void {
    const { cluster, stream } = this
    const tried = this.retries?.tried ?? NONE_TRIED
    const host = cluster.pick(stream.connection.originalDestination, tried, otherHostAttempts(this.route))
    if (host === null) {
      cluster.deps.stats.add(cluster.stats.cxNoneHealthy, 1)
      this.giveUp(LOCAL_REPLIES.noHealthyUpstream)
      return
    }
    this.host = host
    stream.upstream = host
    this.attemptStartMs = stream.plan.runtime.clock.monotonicMs()
    this.pool = cluster.poolOf(host)
    this.waiting = true
    this.acquiring = true
    this.pool.acquire(this, this.distrustsKept)
    this.acquiring = false
    if (stream.attempts > 1) this.flush()
  }

  private fail(failure: AttemptFailure, reply: LocalReply): void {
    const reached = failure !== 'connect-failure'
    if (this.route.retry?.afterFailure(failure, reached) === true && this.retry()) return
    this.giveUp(reply, failure === 'overflow' ? OVERLOADED : undefined)
  }

  private mayRetryStatus(status: number, headers: HeaderTable): boolean {
    const rule = this.route.retry
    return rule !== null && rule.afterResponse(status, headers)
  }

  /** Begins another attempt after a pause, if the policy, the limits and the body allow it. */
  private retry(): boolean {
    const { cluster, stream } = this
    const rule = this.route.retry
    if (rule === null || this.body?.lost === true || this.over || stream.upgrade) return false
    this.retries ??= new RetryState(rule, cluster, new WheelTimer(this, BACKOFF_TIMER))
    if (!this.retries.admits(stream)) return false
    this.leaveConnection()
    this.retries.begin(this.host, stream.plan.runtime.random())
    return true
  }

  /** Answers in the upstream's place. */
  private giveUp(reply: LocalReply, headers?: readonly (readonly [string, string])[]): void {
    this.cancel()
    this.cluster.stats.response(reply.status)
    this.stream.replyWith(reply, headers)
  }

  private get repeated(): boolean {
    return this.retries !== null && this.retries.count > 0
  }

  // ---- body

  private keep(chunk: Buffer, volatile: boolean): void {
    this.body ??= new KeptBody()
    if (this.connection === null || this.body.mayGrow(chunk.length)) this.body.keep(chunk, volatile)
    else this.body.lose()
  }

  private sendKept(connection: ExchangeConnection, body: KeptBody): void {
    for (const chunk of body.chunks) connection.sendData(chunk, false)
    if (this.route.retry === null) this.body = null
  }

  // ---- leaving

  private leavePool(): void {
    if (this.waiting) this.pool?.cancel(this)
    this.waiting = false
  }

  private leaveConnection(): void {
    const { connection } = this
    this.detach()
    connection?.abort()
  }

  /** The exchange is over, whoever ended it. */
  private detach(): void {
    this.connection = null
    if (this.over) {
      this.clearTryTimer()
      this.retries?.end()
    }
    if (!this.active) return
    this.active = false
    countEnd(this.cluster, this.host)
  }

  private armTryTimer(): void {
    const perTryMs = this.route.retry?.policy.perTryTimeoutMs ?? 0
    if (perTryMs === 0 || this.over) return
    this.tryTimer ??= new WheelTimer(this, TRY_TIMER)
    this.stream.plan.runtime.wheel.set(this.tryTimer, perTryMs)
  }

  private clearTryTimer(): void {
    if (this.tryTimer !== null) this.stream.plan.runtime.wheel.clear(this.tryTimer)
  }
}

const NONE_TRIED: readonly Host[] = []
const OVERLOADED: readonly (readonly [string, string])[] = [['x-envoy-overloaded', 'true']]

function otherHostAttempts({ retry }: CompiledRoute): number {
  return retry === null || retry.hosts.length === 0 ? 0 : retry.policy.hostAttempts
}
