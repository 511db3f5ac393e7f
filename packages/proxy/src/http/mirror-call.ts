import { type TimerOwner, WheelTimer } from '@meshwork/core/time'
import type { MirrorPolicy } from '../model/route.ts'
import type { Cluster } from '../upstream/cluster.ts'
import type { ConnectionPool, PoolFailure, PoolWaiter } from '../upstream/connection-pool.ts'
import type { Exchange, ExchangeConnection, ExchangeFailure, RequestHead } from '../upstream/exchange.ts'
import type { Host } from '../upstream/host.ts'
import { RequestPurpose } from '../upstream/request-purpose.ts'
import { countBegin, countCancel, countEnd, countReset, countResponse } from './attempt-counters.ts'
import type { HeaderTable } from './header-table.ts'
import { KeptBody } from './kept-body.ts'
import type { StreamRecord } from './stream-record.ts'

/** Bytes that may wait for the connection of a copy; beyond, the copy is given up. The client never waits for it. */
const MAX_WAITING_BYTES = 1024 * 1024

/** A copy of a request on its way to another cluster. Nobody waits for its answer, and nothing tells of its failure but counters. */
export class MirrorCall implements PoolWaiter, Exchange, TimerOwner {
  private readonly cluster: Cluster
  private readonly head: RequestHead
  private readonly bodiless: boolean
  private readonly host: Host
  private readonly pool: ConnectionPool
  private readonly timer: WheelTimer = new WheelTimer(this, 0)
  private readonly startMs: number
  private connection: ExchangeConnection | null = null
  private body: KeptBody | null = null
  private ended = false
  private trailers: HeaderTable | null = null
  private answered = false
  private over = false

  constructor(cluster: Cluster, host: Host, head: RequestHead, bodiless: boolean) {
    this.cluster = cluster
    this.host = host
    this.head = head
    this.bodiless = bodiless
    this.pool = cluster.poolOf(host, false, cluster.tellsRequests ? new RequestPurpose(head, null) : null)
    this.startMs = cluster.deps.clock.monotonicMs()
  }

  /** `timeoutMs`: 0 for none. */
  start(timeoutMs: number): void {
    if (timeoutMs > 0) this.cluster.deps.wheel.set(this.timer, timeoutMs)
    this.pool.acquire(this)
  }

  /** `volatile`: the chunk must be copied to be kept. */
  sendData(chunk: Buffer, volatile: boolean): void {
    if (this.over) return
    const { connection } = this
    if (connection !== null && !connection.congested && this.body === null) {
      connection.sendData(chunk, volatile)
      return
    }
    this.body ??= new KeptBody(MAX_WAITING_BYTES)
    if (this.body.mayGrow(chunk.length)) this.body.keep(chunk, volatile)
    else this.cancel()
  }

  sendEnd(trailers: HeaderTable | null): void {
    this.ended = true
    this.trailers = trailers
    if (this.connection !== null && this.body === null) this.finish(this.connection)
  }

  /** The request that is copied is given up before its end: so is the copy. */
  abandon(): void {
    if (!this.ended) this.cancel()
  }

  onConnection(connection: ExchangeConnection): void {
    this.connection = connection
    countBegin(this.cluster, this.host)
    connection.begin(this, this.head, this.bodiless)
    this.sendWaiting(connection)
  }

  onPoolFailure(failure: PoolFailure): void {
    if (failure !== 'overflow') this.host.outlier?.unreachable()
    this.close()
  }

  onResponseHead(status: number): void {
    this.answered = true
    this.host.outlier?.answered(status)
    countResponse(this.cluster, this.host, status, this.cluster.deps.clock.monotonicMs() - this.startMs, false)
  }

  onResponseData(): void {
    // Nobody reads it.
  }

  onResponseFed(): void {
    // Nothing is kept back.
  }

  onResponseEnd(): void {
    this.close()
  }

  onExchangeFailed(failure: ExchangeFailure): void {
    countReset(this.cluster, this.host, failure)
    this.close()
  }

  onUpstreamDrain(): void {
    if (this.connection !== null) this.sendWaiting(this.connection)
  }

  onTimer(): void {
    if (this.connection !== null && !this.answered) this.host.outlier?.timedOut()
    this.cancel()
  }

  private sendWaiting(connection: ExchangeConnection): void {
    const { body } = this
    this.body = null
    if (body !== null) for (const chunk of body.chunks) connection.sendData(chunk, false)
    if (this.ended) this.finish(connection)
    else connection.flush()
  }

  private finish(connection: ExchangeConnection): void {
    connection.sendEnd(this.trailers)
    connection.flush()
  }

  private cancel(): void {
    if (this.over) return
    const { connection } = this
    if (connection === null) this.pool.cancel(this)
    else countCancel(this.cluster)
    this.close()
    connection?.abort()
  }

  private close(): void {
    if (this.over) return
    this.over = true
    this.body = null
    this.cluster.deps.wheel.clear(this.timer)
    if (this.connection !== null) countEnd(this.cluster, this.host)
    this.connection = null
  }
}

/** Begins the copies that the route asks for; null: none. The request's head is what the main upstream gets. */
export function startMirrors(
  stream: StreamRecord,
  policies: readonly MirrorPolicy[],
  timeoutMs: number,
  bodiless: boolean,
): readonly MirrorCall[] | null {
  let calls: MirrorCall[] | null = null
  for (const policy of policies) {
    const call = mirrorCall(stream, policy, bodiless)
    if (call === null) continue
    calls ??= []
    calls.push(call)
    call.start(timeoutMs)
  }
  return calls
}

const PARTS_PER_MILLION = 1_000_000

function mirrorCall(stream: StreamRecord, policy: MirrorPolicy, bodiless: boolean): MirrorCall | null {
  const { runtime } = stream.plan
  if (runtime.random() * PARTS_PER_MILLION >= policy.fractionPpm) return null
  const name = policy.fromHeader === null ? policy.cluster : (stream.requestHeaders.get(policy.fromHeader) ?? '')
  const cluster = runtime.cluster(name)
  const host = cluster?.pick(stream.connection.originalDestination, [], 0) ?? null
  if (cluster === null || host === null) return null
  const authority = policy.shadowHost ? shadowOf(stream.authority) : stream.authority
  const requestHeaders = stream.requestHeaders.copy()
  requestHeaders.set('host', authority)
  // The copy is a request of our own, and Envoy marks its own so.
  requestHeaders.set('x-envoy-internal', 'true')
  return new MirrorCall(
    cluster,
    host,
    { method: stream.method, path: stream.path, authority, scheme: stream.scheme, requestHeaders, upgrade: false },
    bodiless,
  )
}

/** `a.test:80` becomes `a.test-shadow:80`. */
function shadowOf(authority: string): string {
  const port = /:\d+$/.exec(authority)?.[0] ?? ''
  return `${authority.slice(0, authority.length - port.length)}-shadow${port}`
}
