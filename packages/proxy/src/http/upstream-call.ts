import { type TimerOwner, WheelTimer } from '@meshwork/core/time'
import { encodeRequestHead } from '../http1/encode.ts'
import type { MessageParser } from '../http1/message-parser.ts'
import type { RouteAction } from '../model/route.ts'
import type { CompiledRoute, CompiledTarget } from '../route/compiled-route.ts'
import type { AttemptFailure } from '../route/retry-rule.ts'
import type { ClientConnection, Exchange, ExchangeFailure } from '../upstream/client-connection.ts'
import type { Cluster } from '../upstream/cluster.ts'
import type { Host } from '../upstream/host.ts'
import type { HttpPool, PoolFailure, PoolWaiter } from '../upstream/http-pool.ts'
import { HEADER_IDS } from './header-name.ts'
import type { HeaderTable } from './header-table.ts'
import type { HttpStream } from './http-stream.ts'
import { LOCAL_REPLIES, type LocalReply, upstreamReset } from './local-reply.ts'
import { ResponseFlag } from './response-flags.ts'

const TRY_TIMER = 0
const BACKOFF_TIMER = 1

/** Bytes of a request's body that are kept so that it can be sent again; beyond, the request is not repeated. */
const MAX_REPLAY_BYTES = 1024 * 1024
/** Bytes that wait for a connection before the client is asked to wait. */
const MAX_HELD_BYTES = 65_536

/**
 * The way of one request to an upstream and back: choice of a host, a connection, repetition. The router's work.
 * Owned by its stream; the connection it has belongs to it until the exchange ends.
 */
export class UpstreamCall implements PoolWaiter, Exchange, TimerOwner {
  private readonly stream: HttpStream
  private readonly route: CompiledRoute
  private readonly action: RouteAction
  private readonly target: CompiledTarget
  private cluster: Cluster | null = null
  private host: Host | null = null
  private pool: HttpPool | null = null
  private connection: ClientConnection | null = null
  private waiting = false
  private acquiring = false
  private active = false
  private over = false
  private bodiless = false
  private bodyChunked = false
  private responseHead = false
  private reused = false
  /** A kept connection failed: where one is dead, others may be. */
  private distrustsKept = false
  private retries = 0
  private tried: Host[] | null = null
  private retryHeld = false
  private attemptStartMs = 0
  /** Body parts that were not sent yet, or may be sent again. */
  private body: Buffer[] | null = null
  private bodyBytes = 0
  private bodyLost = false
  private requestEnded = false
  private trailers: HeaderTable | null = null
  private tryTimer: WheelTimer | null = null
  private backoffTimer: WheelTimer | null = null

  constructor(stream: HttpStream, route: CompiledRoute, action: RouteAction, target: CompiledTarget) {
    this.stream = stream
    this.route = route
    this.action = action
    this.target = target
  }

  start(bodiless: boolean): void {
    const { stream, target } = this
    this.bodiless = bodiless
    this.cluster = stream.plan.runtime.cluster(target.cluster)
    if (this.cluster === null) {
      stream.plan.stats.add(stream.plan.stats.noCluster, 1)
      this.giveUp(LOCAL_REPLIES.clusterNotFound)
      return
    }
    this.prepareHead()
    this.attempt()
  }

  sendData(chunk: Buffer, volatile: boolean): void {
    if (this.over) return
    const { connection } = this
    const mayRepeat = this.route.retry !== null && !this.bodyLost && this.bodyBytes + chunk.length <= MAX_REPLAY_BYTES
    if (connection === null || mayRepeat) this.keep(volatile ? Buffer.from(chunk) : chunk)
    else this.loseBody()
    if (connection === null) {
      if (this.bodyBytes > MAX_HELD_BYTES) this.stream.downstream.pauseRequest()
      return
    }
    connection.sendData(chunk, volatile)
    if (connection.congested) this.stream.downstream.pauseRequest()
  }

  sendEnd(trailers: HeaderTable | null): void {
    this.requestEnded = true
    this.trailers = trailers
    if (this.over || this.connection === null) return
    if (this.stream.upgrade) this.connection.endWriting()
    else this.connection.sendEnd(trailers)
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
    this.clearTimers()
    if (this.waiting) this.pool?.cancel(this)
    this.waiting = false
    const { connection } = this
    if (connection !== null && !this.responseHeadOnlyLeft()) this.countCancel()
    this.detach()
    connection?.abort()
  }

  onRouteTimeout(): void {
    if (this.over) return
    const { cluster } = this
    if (cluster !== null) cluster.deps.stats.add(cluster.stats.rqTimeout, 1)
    if (this.host !== null) this.host.counters.rqTimeout++
    this.giveUp(LOCAL_REPLIES.requestTimeout)
  }

  // ---- pool

  onConnection(connection: ClientConnection, reused: boolean): void {
    const { stream, cluster, host } = this
    this.waiting = false
    this.reused = reused
    this.connection = connection
    this.responseHead = false
    if (cluster !== null && host !== null) this.countBegin(cluster, host)
    stream.attempts++
    stream.upstreamLocalAddress = connection.localAddress
    connection.begin(this, this.headText(), stream.method === 'HEAD', this.bodyChunked)
    for (const chunk of this.body ?? []) connection.sendData(chunk, false)
    if (this.route.retry === null && this.body !== null) this.loseBody()
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
    if (failure === 'overflow') {
      this.fail('overflow', upstreamReset('overflow', '', this.retries > 0))
      return
    }
    this.fail('connect-failure', upstreamReset(failure, detail, this.retries > 0))
  }

  // ---- exchange

  onResponseHead(parser: MessageParser): void {
    const { stream } = this
    const { status } = parser.startLine
    this.responseHead = true
    this.clearTryTimer()
    if (status === 101 && stream.upgrade) this.connection?.becomeTunnel()
    if (this.mayRetryStatus(status, parser.headers) && this.retry()) return
    const { cluster } = this
    if (cluster !== null) this.countResponse(cluster, status)
    const { headers } = parser
    if (!stream.plan.suppressEnvoyHeaders) {
      headers.set('x-envoy-upstream-service-time', String(Math.floor(stream.plan.runtime.clock.monotonicMs() - this.attemptStartMs)))
    }
    stream.onUpstreamHead(status, headers, status !== 101 && parser.kind === 0)
  }

  onResponseData(chunk: Buffer): void {
    this.stream.onResponseData(chunk, this.connection?.reusesBuffer ?? true)
  }

  onResponseFed(): void {
    if (!this.over) this.stream.flushResponse()
  }

  onResponseEnd(trailers: HeaderTable | null): void {
    if (this.over) return
    this.over = true
    this.clearTimers()
    this.detach()
    this.stream.onResponseEnd(trailers)
  }

  onExchangeFailed(failure: ExchangeFailure): void {
    if (this.over) return
    const { stream, cluster } = this
    const wasReused = this.reused
    this.detach()
    if (cluster !== null) cluster.deps.stats.add(cluster.stats.rqRxReset, 1)
    if (this.host !== null) this.host.counters.rqError++
    if (this.responseHead) {
      this.over = true
      this.detach()
      this.clearTimers()
      stream.onResponseBroken(ResponseFlag.upstreamConnectionTermination, 'upstream_reset_after_response_started{connection_termination}')
      return
    }
    // The upstream may have read the request before it left, so that only the route's policy may repeat it.
    if (wasReused) this.distrustsKept = true
    this.fail('reset', upstreamReset(failure, '', this.retries > 0))
  }

  onUpstreamDrain(): void {
    this.stream.onUpstreamReady()
  }

  onTimer(kind: number): void {
    if (this.over) return
    if (kind === BACKOFF_TIMER) {
      this.attempt()
      return
    }
    const { connection, cluster } = this
    if (cluster !== null) cluster.deps.stats.add(cluster.stats.rqPerTryTimeout, 1)
    if (this.host !== null) this.host.counters.rqTimeout++
    if (this.waiting) this.pool?.cancel(this)
    this.waiting = false
    this.detach()
    connection?.abort()
    this.fail('timeout', LOCAL_REPLIES.perTryTimeout)
  }

  // ---- attempts

  private attempt(): void {
    const { cluster, stream } = this
    if (cluster === null) return
    const host = cluster.pick(stream.connection.originalDestination, this.tried ?? [], this.route.retry?.otherHostAttempts ?? 0)
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
    if (this.stream.attempts > 1) this.flush()
  }

  private fail(failure: AttemptFailure, reply: LocalReply): void {
    const rule = this.route.retry
    const reached = failure !== 'connect-failure'
    if (rule?.afterFailure(failure, reached) === true && this.retry()) return
    this.giveUp(reply, failure === 'overflow' ? OVERLOADED : undefined)
  }

  private mayRetryStatus(status: number, headers: HeaderTable): boolean {
    const rule = this.route.retry
    return rule !== null && rule.afterStatus(status, headers.getId(HEADER_IDS['grpc-status']))
  }

  /** Begins another attempt after a pause, if the policy, the limits and the body allow it. */
  private retry(): boolean {
    const rule = this.route.retry
    const { cluster, stream } = this
    if (rule === null || cluster === null || this.bodyLost || this.over || stream.upgrade) return false
    const { stats, deps, use, config } = cluster
    if (this.retries >= rule.maxRetries) {
      deps.stats.add(stats.rqRetryLimit, 1)
      stream.flags |= ResponseFlag.upstreamRetryLimitExceeded
      return false
    }
    if (use.retries >= config.limits.maxRetries) {
      deps.stats.add(stats.rqRetryOverflow, 1)
      return false
    }
    this.leaveConnection()
    this.retries++
    if (!this.retryHeld) use.retries++
    this.retryHeld = true
    deps.stats.add(stats.rqRetry, 1)
    if (this.host !== null) this.tried = [...(this.tried ?? []), this.host]
    this.backoffTimer ??= new WheelTimer(this, BACKOFF_TIMER)
    deps.wheel.set(this.backoffTimer, rule.delayMs(this.retries, stream.plan.runtime.random()))
    return true
  }

  /** Answers in the upstream's place. */
  private giveUp(reply: LocalReply, headers?: readonly (readonly [string, string])[]): void {
    this.cancel()
    if (this.cluster !== null) this.cluster.stats.response(reply.status)
    this.stream.replyWith(reply, headers)
  }

  // ---- head and body

  private prepareHead(): void {
    const { stream, action, target, route } = this
    const headers = stream.requestHeaders
    this.bodyChunked = !this.bodiless && !stream.upgrade && headers.findId(HEADER_IDS['content-length']) < 0
    if (!stream.plan.suppressEnvoyHeaders && action.timeoutMs > 0) {
      headers.set('x-envoy-expected-rq-timeout-ms', String(action.timeoutMs))
    }
    target.requestEdits?.apply(headers, stream)
    if (route.rewrite !== null) {
      if (!stream.plan.suppressEnvoyHeaders) headers.set('x-envoy-original-path', stream.path)
      stream.path = route.rewrite(stream.path)
    }
    if (action.hostRewrite.kind === 'literal') {
      stream.authority = action.hostRewrite.value
      headers.set('host', stream.authority)
    }
    if (this.bodyChunked) headers.append('transfer-encoding', 'chunked')
  }

  private headText(): string {
    const { stream } = this
    if (this.route.addAttemptCount) stream.requestHeaders.set('x-envoy-attempt-count', String(stream.attempts))
    return encodeRequestHead(stream.method, stream.path, stream.requestHeaders)
  }

  private keep(chunk: Buffer): void {
    this.body ??= []
    this.body.push(chunk)
    this.bodyBytes += chunk.length
  }

  private loseBody(): void {
    this.bodyLost = true
    this.body = null
  }

  // ---- bookkeeping

  private countBegin(cluster: Cluster, host: Host): void {
    this.active = true
    cluster.use.requests++
    cluster.deps.stats.add(cluster.stats.rqTotal, 1)
    cluster.deps.stats.add(cluster.stats.rqActive, 1)
    host.counters.rqTotal++
    host.counters.rqActive++
  }

  private countResponse(cluster: Cluster, status: number): void {
    cluster.stats.response(status)
    cluster.deps.stats.record(cluster.stats.rqTime, cluster.deps.clock.monotonicMs() - this.attemptStartMs)
    if (this.host !== null) {
      if (status < 500) this.host.counters.rqSuccess++
      else this.host.counters.rqError++
    }
    if (this.retries > 0 && status < 500) cluster.deps.stats.add(cluster.stats.rqRetrySuccess, 1)
  }

  private countCancel(): void {
    const { cluster } = this
    if (cluster !== null) cluster.deps.stats.add(cluster.stats.rqTxReset, 1)
  }

  private responseHeadOnlyLeft(): boolean {
    return this.responseHead && this.stream.ended
  }

  /** The exchange is over, whoever ended it. */
  private detach(): void {
    this.connection = null
    if (this.retryHeld && this.over) {
      this.retryHeld = false
      if (this.cluster !== null) this.cluster.use.retries--
    }
    if (!this.active) return
    this.active = false
    const { cluster, host } = this
    if (cluster !== null) {
      cluster.use.requests--
      cluster.deps.stats.add(cluster.stats.rqActive, -1)
    }
    if (host !== null) host.counters.rqActive--
  }

  private leaveConnection(): void {
    const { connection } = this
    this.detach()
    connection?.abort()
  }

  private armTryTimer(): void {
    const perTryMs = this.route.retry?.perTryTimeoutMs ?? 0
    if (perTryMs === 0 || this.over) return
    this.tryTimer ??= new WheelTimer(this, TRY_TIMER)
    this.stream.plan.runtime.wheel.set(this.tryTimer, perTryMs)
  }

  private clearTryTimer(): void {
    if (this.tryTimer !== null) this.stream.plan.runtime.wheel.clear(this.tryTimer)
  }

  private clearTimers(): void {
    this.clearTryTimer()
    if (this.backoffTimer !== null) this.stream.plan.runtime.wheel.clear(this.backoffTimer)
  }
}

const OVERLOADED: readonly (readonly [string, string])[] = [['x-envoy-overloaded', 'true']]
