import { type TimerOwner, WheelTimer } from '@meshwork/core/time'
import { countBegin, countCancel, countEnd, countReset, countResponse } from '../http/attempt-counters.ts'
import type { HeaderTable } from '../http/header-table.ts'
import type { Cluster } from './cluster.ts'
import type { ConnectionPool, PoolFailure, PoolWaiter } from './connection-pool.ts'
import type { Exchange, ExchangeConnection, ExchangeFailure, RequestHead } from './exchange.ts'
import type { Host } from './host.ts'
import { RequestPurpose } from './request-purpose.ts'

/** A request of our own to a cluster, for a key set or a permission. Fields in HTTP/1.1 form, `host` among them. */
export interface SideRequest extends RequestHead {
  readonly body: Buffer
  /** Milliseconds until the whole answer must be here. 0: no limit. */
  readonly timeoutMs: number
  /** A longer body is a failure. */
  readonly maxResponseBytes: number
}

export interface SideResponse {
  readonly status: number
  readonly headers: HeaderTable
  readonly body: Buffer
  readonly trailers: HeaderTable | null
}

export type SideFailure = PoolFailure | ExchangeFailure | 'no-cluster' | 'no-healthy-upstream' | 'timeout' | 'response-too-large'

/** Told once how the call ended, maybe within `startSideCall`; not after `cancel`. */
export interface SideCallOwner {
  onSideResponse(response: SideResponse): void
  onSideFailure(failure: SideFailure): void
}

export interface SideCall {
  /** The owner is told nothing more. */
  cancel(): void
}

/** Sends `request` to a host of the cluster (null: there is none of that name) and collects the answer. */
export function startSideCall(cluster: Cluster | null, request: SideRequest, owner: SideCallOwner): SideCall {
  if (cluster === null) {
    owner.onSideFailure('no-cluster')
    return NO_CALL
  }
  const call = new RunningCall(cluster, request, owner)
  call.start()
  return call
}

const NO_CALL: SideCall = { cancel: () => undefined }

class RunningCall implements SideCall, PoolWaiter, Exchange, TimerOwner {
  private readonly cluster: Cluster
  private readonly request: SideRequest
  private readonly owner: SideCallOwner
  private readonly timer: WheelTimer = new WheelTimer(this, 0)
  private readonly startMs: number
  private host: Host | null = null
  private pool: ConnectionPool | null = null
  private connection: ExchangeConnection | null = null
  private over = false
  private status = 0
  private headers: HeaderTable | null = null
  private readonly parts: Buffer[] = []
  private bytes = 0

  constructor(cluster: Cluster, request: SideRequest, owner: SideCallOwner) {
    this.cluster = cluster
    this.request = request
    this.owner = owner
    this.startMs = cluster.deps.clock.monotonicMs()
  }

  start(): void {
    const { cluster } = this
    this.host = cluster.pick(null, [], 0)
    if (this.host === null) {
      this.fail('no-healthy-upstream')
      return
    }
    const { timeoutMs, requestHeaders } = this.request
    requestHeaders.set('x-envoy-internal', 'true')
    if (timeoutMs > 0) {
      requestHeaders.set('x-envoy-expected-rq-timeout-ms', String(timeoutMs))
      cluster.deps.wheel.set(this.timer, timeoutMs)
    }
    this.pool = cluster.poolOf(this.host, false, cluster.tellsRequests ? new RequestPurpose(this.request, null) : null)
    this.pool.acquire(this)
  }

  cancel(): void {
    if (this.over) return
    this.over = true
    this.leave(true)
  }

  onConnection(connection: ExchangeConnection): void {
    this.connection = connection
    countBegin(this.cluster, this.host)
    const { body } = this.request
    connection.begin(this, this.request, body.length === 0)
    if (body.length > 0) connection.sendData(body, false)
    connection.sendEnd(null)
    connection.flush()
  }

  onPoolFailure(failure: PoolFailure): void {
    this.pool = null
    if (failure !== 'overflow') this.host?.outlier?.unreachable()
    this.fail(failure)
  }

  onResponseHead(status: number, headers: HeaderTable): void {
    this.status = status
    this.host?.outlier?.answered(status)
    this.headers = headers
  }

  onResponseData(chunk: Buffer): void {
    if (this.over) return
    this.bytes += chunk.length
    if (this.bytes > this.request.maxResponseBytes) this.fail('response-too-large')
    else this.parts.push(Buffer.from(chunk))
  }

  onResponseEnd(trailers: HeaderTable | null): void {
    if (this.over || this.headers === null) return
    this.over = true
    countResponse(this.cluster, this.host, this.status, this.cluster.deps.clock.monotonicMs() - this.startMs, false)
    this.leave(false)
    this.owner.onSideResponse({ status: this.status, headers: this.headers, body: Buffer.concat(this.parts), trailers })
  }

  onExchangeFailed(failure: ExchangeFailure): void {
    if (this.over) return
    countReset(this.cluster, this.host, failure)
    if (this.connection !== null) countEnd(this.cluster, this.host)
    this.connection = null
    this.fail(failure)
  }

  onResponseFed(): void {}

  onUpstreamDrain(): void {}

  onTimer(): void {
    if (this.connection !== null && this.headers === null) this.host?.outlier?.timedOut()
    this.fail('timeout')
  }

  private fail(failure: SideFailure): void {
    if (this.over) return
    this.over = true
    this.leave(true)
    this.owner.onSideFailure(failure)
  }

  private leave(abort: boolean): void {
    this.cluster.deps.wheel.clear(this.timer)
    const { connection, pool } = this
    this.pool = null
    if (connection === null) {
      pool?.cancel(this)
      return
    }
    this.connection = null
    countEnd(this.cluster, this.host)
    if (!abort) return
    countCancel(this.cluster)
    connection.abort()
  }
}
