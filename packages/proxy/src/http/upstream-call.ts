import { type TimerOwner, WheelTimer } from '@meshwork/core/time'
import type { RouteAction } from '../model/route.ts'
import type { CompiledRoute } from '../route/compiled-route.ts'
import type { RequestTimeouts } from '../route/request-timeouts.ts'
import type { AttemptFailure, RetryRule } from '../route/retry-rule.ts'
import type { CircuitUse } from '../upstream/circuit/circuit-use.ts'
import type { Cluster } from '../upstream/cluster.ts'
import type { ConnectionPool, PoolFailure, PoolWaiter } from '../upstream/connection-pool.ts'
import type { Exchange, ExchangeConnection, ExchangeFailure } from '../upstream/exchange.ts'
import type { Host } from '../upstream/host.ts'
import { RequestPurpose } from '../upstream/request-purpose.ts'
import type { ActiveStream } from './active-stream.ts'
import { countBegin, countCancel, countEnd, countReset, countResponse, countRouteTimeout, countTryTimeout } from './attempt-counters.ts'
import { AttemptTimers, type AttemptWatcher } from './attempt-timers.ts'
import { headerNames } from './header-name.ts'
import type { HeaderTable } from './header-table.ts'
import { followRedirect } from './internal-redirect.ts'
import { KeptBody } from './kept-body.ts'
import { ATTEMPT_TIMEOUTS, brokenResponse, LOCAL_REPLIES, type LocalReply, upstreamReset } from './local-reply.ts'
import { prepareAttempt } from './prepare-attempt.ts'
import { RequestPick } from './request-pick.ts'
import { requestPool } from './request-pool.ts'
import { takeRetryRule } from './request-retry.ts'
import { RetryState } from './retry-state.ts'
import { tellHost } from './tell-host.ts'

const BACKOFF_TIMER = 0

/**
 * The way of one request to an upstream and back: choice of a host, a connection, repetition. The router's work.
 * Owned by its stream; the connection it has belongs to it until the exchange ends.
 */
export class UpstreamCall implements PoolWaiter, Exchange, TimerOwner, AttemptWatcher {
  readonly timeouts: RequestTimeouts
  readonly clientSpeaksHttp2: boolean
  readonly upgrades: boolean
  private readonly stream: ActiveStream
  private readonly route: CompiledRoute
  private readonly action: RouteAction
  private readonly cluster: Cluster
  private readonly bodiless: boolean
  private readonly rule: RetryRule | null
  private readonly purpose: RequestPurpose | null
  /** The whole body may be needed again. */
  private readonly keepsBody: boolean
  private host: Host | null = null
  private use: CircuitUse
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
  private timers: AttemptTimers | null = null
  /** What the request says about its host, for clusters that ask. */
  private wish: RequestPick | null = null
  private attemptStartMs = 0
  private body: KeptBody | null = null
  private requestEnded = false
  private trailers: HeaderTable | null = null

  /** The request's head is ready to be sent. `bodiless`: it is the whole request. */
  constructor(
    stream: ActiveStream,
    route: CompiledRoute,
    action: RouteAction,
    cluster: Cluster,
    timeouts: RequestTimeouts,
    bodiless: boolean,
  ) {
    this.stream = stream
    this.route = route
    this.action = action
    this.cluster = cluster
    this.timeouts = timeouts
    this.use = cluster.use
    this.bodiless = bodiless
    this.rule = takeRetryRule(stream, route.retry)
    this.keepsBody = this.rule !== null || action.internalRedirect !== null
    this.clientSpeaksHttp2 = stream.protocol === 'HTTP/2'
    this.upgrades = stream.upgrade
    this.purpose = cluster.tells(stream.connection) ? new RequestPurpose(stream, stream.connection) : null
  }

  start(): void {
    this.attempt()
  }

  // ---- told by the stream

  /** `volatile`: the chunk must be copied to be kept. */
  sendData(chunk: Buffer, volatile: boolean): void {
    if (this.over) return
    const { connection } = this
    if (connection === null || this.keepsBody) this.keep(chunk, volatile)
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
    this.armTimers()
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
    if (this.connection !== null && !this.responseHead) this.host?.outlier?.timedOut()
    this.giveUp(this.timeouts.altResponse ? LOCAL_REPLIES.altTimeout : LOCAL_REPLIES.requestTimeout)
  }

  // ---- told by the pool

  onConnection(connection: ExchangeConnection, reused: boolean): void {
    const { stream } = this
    this.waiting = false
    this.reused = reused
    this.connection = connection
    this.responseHead = false
    this.active = true
    countBegin(this.cluster, this.host, this.use)
    stream.upstreamLocalAddress = connection.localAddress
    stream.upstreamConnection = connection.facts
    connection.begin(this, stream, this.bodiless)
    const maxMs = this.timeouts.streamMs > 0 ? this.timeouts.streamMs : this.cluster.config.maxStreamDurationMs
    if (maxMs > 0) this.ownTimers().limitDuration(maxMs)
    if (this.body !== null) this.sendKept(connection, this.body)
    if (this.requestEnded) {
      connection.sendEnd(this.trailers)
      this.armTimers()
    } else {
      // Within the read that brought the head, more of the request may follow and leave with it.
      if (!this.acquiring) connection.flush()
      stream.onUpstreamReady()
    }
  }

  onPoolFailure(failure: PoolFailure, detail: string): void {
    this.waiting = false
    this.stream.transportFailure = detail
    if (failure !== 'overflow') this.host?.outlier?.unreachable()
    if (failure === 'overflow') this.fail('overflow', upstreamReset('overflow', '', this.repeated))
    else this.fail('connect-failure', upstreamReset(failure, detail, this.repeated))
  }

  // ---- told by the connection

  onResponseInterim(status: number, headers: HeaderTable): void {
    if (!this.over) this.stream.onUpstreamInterim(status, headers)
  }

  onResponseHead(status: number, headers: HeaderTable, bodiless: boolean): void {
    const { stream } = this
    this.responseHead = true
    this.timers?.onHead()
    if (this.host !== null) tellHost(this.host, stream.requestHeaders, status, headers)
    if (this.mayRetryResponse(status, headers) && this.retry()) {
      this.cluster.stats.repeatedResponse(status)
      return
    }
    const tookMs = stream.plan.runtime.clock.monotonicMs() - this.attemptStartMs
    countResponse(this.cluster, this.host, status, tookMs, this.repeated)
    if (this.action.internalRedirect !== null && this.body?.lost !== true) {
      const { method } = stream
      if (followRedirect(stream, this.action.internalRedirect, status, headers)) {
        this.beginAgain(stream.method === method)
        return
      }
    }
    if (!stream.plan.suppressEnvoyHeaders) headers.put(SERVICE_TIME, String(Math.floor(tookMs)))
    this.wish?.addCookies(headers)
    stream.onUpstreamHead(status, headers, bodiless)
  }

  onResponseData(chunk: Buffer, volatile: boolean): void {
    this.timers?.touch()
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
    countReset(this.cluster, this.host, failure)
    if (this.responseHead) {
      const { flags, details } = brokenResponse(failure)
      this.stream.onResponseBroken(flags, details)
      return
    }
    // The upstream may have read the request before it left, so that only the route's policy may repeat it.
    if (this.reused) this.distrustsKept = true
    this.fail(failure === 'remote-refused' ? 'refused-stream' : 'reset', upstreamReset(failure, '', this.repeated))
  }

  onUpstreamDrain(): void {
    this.stream.onUpstreamReady()
  }

  // ---- time

  onTimer(): void {
    if (!this.over) this.attempt()
  }

  onAttemptTimeout(kind: 'try' | 'idle' | 'duration'): void {
    if (this.over) return
    const reply = ATTEMPT_TIMEOUTS[kind]
    countTryTimeout(this.cluster, this.host, kind)
    if (this.responseHead) {
      this.giveUp(reply)
      return
    }
    this.leavePool()
    this.leaveConnection()
    this.fail('timeout', reply)
  }

  private armTimers(): void {
    const { perTryMs, perTryIdleMs } = this.timeouts
    if ((perTryMs === 0 && perTryIdleMs === 0) || this.over) return
    this.ownTimers().start(perTryMs, perTryIdleMs)
  }

  private ownTimers(): AttemptTimers {
    this.timers ??= new AttemptTimers(this, this.stream.plan.runtime.wheel)
    return this.timers
  }

  // ---- attempts

  private attempt(): void {
    const { cluster, stream, route, action } = this
    if (cluster.drops()) {
      if (cluster.dropsAll) this.giveUp(LOCAL_REPLIES.unconditionalDrop, ALL_DROPPED)
      else this.giveUp(LOCAL_REPLIES.dropOverload, DROPPED)
      return
    }
    if (cluster.asksRequests) this.wish ??= new RequestPick(stream, route.hashPolicies)
    const tried = this.retries?.avoided() ?? NONE_TRIED
    const host = cluster.pick(stream.connection.originalDestination, tried, this.otherHostAttempts(), this.wish)
    if (host === null) {
      cluster.deps.stats.add(cluster.stats.cxNoneHealthy, 1)
      this.giveUp(LOCAL_REPLIES.noHealthyUpstream)
      return
    }
    this.host = host
    this.use = cluster.useOf(host, action.highPriority)
    stream.upstream = host
    stream.attempts++
    prepareAttempt(stream, route, action, this.timeouts, host)
    this.attemptStartMs = stream.plan.runtime.clock.monotonicMs()
    this.pool = requestPool(stream, action, cluster, host, this.purpose)
    this.waiting = true
    this.acquiring = true
    this.pool.acquire(this, this.distrustsKept)
    this.acquiring = false
    if (stream.attempts > 1) this.flush()
  }

  private fail(failure: AttemptFailure, reply: LocalReply): void {
    const requestSent = failure !== 'connect-failure'
    if (this.rule?.afterFailure(failure, requestSent) === true && this.retry()) {
      if (this.route.virtualHost.includeIsTimeoutRetry)
        this.stream.requestHeaders.set('x-envoy-is-timeout-retry', String(failure === 'timeout'))
      return
    }
    const overloaded = failure === 'overflow' && !this.stream.plan.suppressEnvoyHeaders
    this.giveUp(reply, overloaded ? OVERLOADED : undefined)
  }

  private mayRetryResponse(status: number, headers: HeaderTable): boolean {
    if (this.rule === null || !this.rule.afterResponse(status, headers)) return false
    this.stateOf(this.rule).noteResponse(headers, this.stream.plan.runtime.clock.now())
    return true
  }

  /** Begins another attempt after a pause, if the policy, the limits and the body allow it. */
  private retry(): boolean {
    const { stream, rule } = this
    if (rule === null || this.body?.lost === true || this.over || stream.upgrade) return false
    const retries = this.stateOf(rule)
    if (!retries.admits(stream)) return false
    this.leaveConnection()
    retries.begin(this.host, stream.plan.runtime.random())
    return true
  }

  private stateOf(rule: RetryRule): RetryState {
    this.retries ??= new RetryState(rule, this.cluster, new WheelTimer(this, BACKOFF_TIMER))
    return this.retries
  }

  /** Answers in the upstream's place. */
  private giveUp(reply: LocalReply, headers?: readonly (readonly [string, string])[]): void {
    this.cancel()
    this.cluster.stats.response(reply.status)
    this.stream.replyWith(reply, headers)
  }

  /** The request takes another way from its beginning: this call is over. */
  private beginAgain(withBody: boolean): void {
    const { body, trailers } = this
    this.cancel()
    if (withBody) this.stream.beginAgain(body?.chunks ?? [], trailers)
    else this.stream.beginAgain([], null)
  }

  private get repeated(): boolean {
    return this.retries !== null && this.retries.count > 0
  }

  private otherHostAttempts(): number {
    return this.rule === null || this.rule.hosts.length === 0 ? 0 : this.rule.policy.hostAttempts
  }

  // ---- body

  private keep(chunk: Buffer, volatile: boolean): void {
    this.body ??= new KeptBody(this.route.bufferLimit ?? undefined)
    if (this.connection === null || this.body.mayGrow(chunk.length)) this.body.keep(chunk, volatile)
    else this.body.lose()
  }

  private sendKept(connection: ExchangeConnection, body: KeptBody): void {
    for (const chunk of body.chunks) connection.sendData(chunk, false)
    if (!this.keepsBody) this.body = null
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
    this.timers?.clear()
    if (this.over) this.retries?.end()
    if (!this.active) return
    this.active = false
    countEnd(this.cluster, this.host, this.use)
  }
}

const SERVICE_TIME = headerNames.of('x-envoy-upstream-service-time')
const NONE_TRIED: readonly Host[] = []
const DROPPED: readonly (readonly [string, string])[] = [['x-envoy-drop-overload', 'true']]
const ALL_DROPPED: readonly (readonly [string, string])[] = [['x-envoy-unconditional-drop-overload', 'true']]
const OVERLOADED: readonly (readonly [string, string])[] = [['x-envoy-overloaded', 'true']]
