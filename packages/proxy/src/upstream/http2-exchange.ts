import { HEADER_IDS } from '../http/header-name.ts'
import type { HeaderTable } from '../http/header-table.ts'
import {
  CANCEL,
  CONNECT_ERROR,
  type Http2Session,
  type Http2Stream,
  NO_ERROR,
  PROTOCOL_ERROR,
  REFUSED_STREAM,
  type ResetCause,
} from '../http2/index.ts'
import type { Exchange, ExchangeConnection, ExchangeFailure, RequestHead } from './exchange.ts'
import type { UpstreamConnectionFacts } from './upstream-connection-facts.ts'

/** The connection that an exchange has a stream of. */
export interface Http2ExchangeOwner {
  readonly localAddress: string
  readonly facts: UpstreamConnectionFacts | null
  readonly session: Http2Session<Http2Exchange>
  /** The exchange has begun or given up the place it was promised. */
  onPromiseKept(): void
}

/** One request on a shared HTTP/2 connection to a host. */
export class Http2Exchange implements ExchangeConnection {
  /** Waits in its connection's list of those that got something in this read. */
  touched = false
  private readonly owner: Http2ExchangeOwner
  private exchange: Exchange | null = null
  private stream: Http2Stream<Http2Exchange> | null = null
  private begun = false
  private upgrade = ''
  private connects = false
  private paused = false
  /** Bytes of the response that arrived while paused: the upstream gets no credit for them yet. */
  private owed = 0

  constructor(owner: Http2ExchangeOwner) {
    this.owner = owner
  }

  get localAddress(): string {
    return this.owner.localAddress
  }

  get facts(): UpstreamConnectionFacts | null {
    return this.owner.facts
  }

  get congested(): boolean {
    return this.stream?.writable === false
  }

  begin(exchange: Exchange, head: RequestHead, bodiless: boolean): void {
    this.exchange = exchange
    const { requestHeaders: headers } = head
    this.connects = head.method === 'CONNECT'
    this.upgrade = head.upgrade && !this.connects ? (headers.getId(HEADER_IDS.upgrade) ?? '') : ''
    const authority = headers.getId(HEADER_IDS.host) ?? head.authority
    const { session } = this.owner
    const method = this.upgrade === '' ? head.method : 'CONNECT'
    const scheme = this.connects ? '' : head.scheme
    const path = this.connects ? '' : head.path
    this.stream = session.sendRequest(this, method, scheme, authority, path, this.upgrade, headers, bodiless && !head.upgrade)
    this.begun = true
    this.owner.onPromiseKept()
    if (this.stream === null) queueMicrotask(() => this.fail('remote-refused'))
  }

  sendData(chunk: Buffer, volatile: boolean): void {
    if (this.stream !== null && chunk.length > 0) this.owner.session.sendData(this.stream, chunk, false, volatile)
  }

  sendEnd(trailers: HeaderTable | null): void {
    if (this.stream !== null) this.owner.session.sendEnd(this.stream, trailers)
  }

  /** What is sent leaves at the end of the turn. */
  flush(): void {}

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
    const { owed, stream } = this
    if (owed === 0 || stream === null) return
    this.owed = 0
    this.owner.session.consumed(stream, owed)
  }

  abort(): void {
    this.exchange = null
    const { stream } = this
    if (stream !== null && !stream.closed) this.owner.session.resetStream(stream, CANCEL)
    if (!this.begun) this.owner.onPromiseKept()
    this.begun = true
  }

  // ---- told by the connection

  onHead(stream: Http2Stream<Http2Exchange>, endStream: boolean): void {
    const { headers } = stream
    let { status } = stream
    if (this.upgrade !== '' && status === 200) {
      status = 101
      headers.append('upgrade', this.upgrade)
      headers.append('connection', 'Upgrade')
    }
    this.exchange?.onResponseHead(status, headers, endStream && status !== 101)
  }

  onInterim(status: number, headers: HeaderTable): void {
    this.exchange?.onResponseInterim?.(status, headers)
  }

  onData(stream: Http2Stream<Http2Exchange>, chunk: Buffer): void {
    this.exchange?.onResponseData(chunk, true)
    if (this.paused) this.owed += chunk.length
    else this.owner.session.consumed(stream, chunk.length)
  }

  onEnd(trailers: HeaderTable | null): void {
    const { exchange, stream } = this
    this.exchange = null
    // An answer before the whole request: the rest of it is of no use (RFC 9113 section 8.1).
    if (stream !== null && !stream.localEnded && !stream.closed) this.owner.session.resetStream(stream, NO_ERROR)
    exchange?.onResponseEnd(trailers)
  }

  onReset(code: number, cause: ResetCause): void {
    this.fail((cause === 'remote-reset' ? RESET_CODES.get(code) : undefined) ?? FAILURES[cause])
  }

  onDrain(): void {
    this.exchange?.onUpstreamDrain()
  }

  /** What one read brought has been told. */
  onFed(): void {
    this.touched = false
    this.exchange?.onResponseFed()
  }

  private fail(failure: ExchangeFailure): void {
    const { exchange } = this
    this.exchange = null
    exchange?.onExchangeFailed(failure)
  }
}

/** What an upstream's RST_STREAM says beyond that it resets, as Envoy reads it. */
const RESET_CODES: ReadonlyMap<number, ExchangeFailure> = new Map([
  [PROTOCOL_ERROR, 'protocol-error'],
  [REFUSED_STREAM, 'remote-refused'],
  [CONNECT_ERROR, 'connect-error'],
])

const FAILURES: Readonly<Record<ResetCause, ExchangeFailure>> = {
  'remote-reset': 'remote-reset',
  'remote-refused': 'remote-refused',
  malformed: 'protocol-error',
  connection: 'connection-termination',
}
