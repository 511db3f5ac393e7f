import { type ConnectionFacts, FILTER_DISABLED, type UpstreamFacts } from '../filters/filter.ts'
import type { CompiledRoute } from '../route/compiled-route.ts'
import type { RequestView } from '../route/request-view.ts'
import type { CompiledTarget } from '../route/route-target.ts'
import type { StreamInfo } from '../telemetry/stream-info.ts'
import type { Span } from '../tracing/span.ts'
import type { UpstreamConnectionFacts } from '../upstream/upstream-connection-facts.ts'
import type { ConnectionPlan } from './connection-plan.ts'
import type { Downstream } from './downstream.ts'
import type { HeaderTable } from './header-table.ts'

/** What is known of one request and its response. Filters, matchers, header formatters and access logs read it. */
export abstract class StreamRecord implements StreamInfo, RequestView {
  readonly plan: ConnectionPlan
  readonly downstream: Downstream
  /** The client's, as proxies in front of us are trusted to tell it; else the peer's. */
  remoteAddress: string
  remotePort: number
  method: string
  path: string
  authority = ''
  scheme = 'http'
  requestId = ''
  /** The id was made here, so it says nothing of tracing yet. */
  freshRequestId = false
  requestHeaders: HeaderTable
  requestTrailers: HeaderTable | null = null
  responseHeaders: HeaderTable | null = null
  responseTrailers: HeaderTable | null = null
  status = 0
  flags = 0
  details = ''
  transportFailure = ''
  route: CompiledRoute | null = null
  target: CompiledTarget | null = null
  clusterName = ''
  upstream: UpstreamFacts | null = null
  upstreamLocalAddress = ''
  upstreamConnection: UpstreamConnectionFacts | null = null
  attempts = 0
  /** null: the connection manager traces nothing. */
  span: Span | null = null
  /** Name of the span where a route or the other proxy gives one; else empty. */
  operation = ''
  /** Redirects of upstreams that were followed here, and the names of the routes they led to. */
  redirects = 0
  redirectRoutes: string[] | null = null
  /** The client asked for another protocol (websocket) and may have it. */
  upgrade = false
  /** Lower-case name of that protocol, or `connect`; empty for none. */
  upgradeType = ''
  requestBytes = 0
  responseBytes = 0
  requestHeadBytes = 0
  responseHeadBytes = 0
  requestDoneMs = -1
  responseHeadMs = -1
  /** Fully answered or given up. */
  ended = false
  /** The last byte of the request has passed the filters. */
  requestComplete = false
  /** The response's head has entered the filters: the request can have no other answer. */
  responseStarted = false
  /** The answer is our own. */
  answeredLocally = false
  /** `grpc-status` of our own answer to a gRPC request; -1: what its HTTP status stands for. */
  localGrpcStatus = -1
  localReplyBody = ''
  /** A filter answered a health check. */
  healthCheck = false
  /** By slot, 1 for each filter that this request passes by; null: none. */
  skips: Uint8Array | null = null
  readonly startTimeMs: number
  /** The same moment on the monotonic clock. */
  readonly startMs: number
  private endMs = -1
  private states: unknown[] | null = null
  private metadata: Map<string, Readonly<Record<string, unknown>>> | null = null

  constructor(plan: ConnectionPlan, downstream: Downstream, method: string, target: string, headers: HeaderTable) {
    this.plan = plan
    this.downstream = downstream
    this.remoteAddress = downstream.facts.remoteAddress
    this.remotePort = downstream.facts.remotePort
    this.method = method
    this.path = target
    this.requestHeaders = headers
    this.startTimeMs = plan.runtime.clock.now()
    this.startMs = plan.runtime.clock.monotonicMs()
  }

  get connection(): ConnectionFacts {
    return this.downstream.facts
  }

  get protocol(): string {
    return this.downstream.protocol
  }

  get requestTotalBytes(): number {
    return this.requestHeadBytes + this.requestBytes
  }

  get responseTotalBytes(): number {
    return this.responseHeadBytes + this.responseBytes
  }

  durationMs(): number {
    return this.endMs < 0 ? this.elapsedMs() : this.endMs - this.startMs
  }

  /** Milliseconds since the head arrived, also after the end. */
  elapsedMs(): number {
    return this.plan.runtime.clock.monotonicMs() - this.startMs
  }

  settings(slot: number): unknown {
    const settings = this.target?.perFilter.get(this.plan.filters.names[slot] ?? '') ?? null
    return settings === FILTER_DISABLED ? null : settings
  }

  allSettings(slot: number): readonly unknown[] {
    return this.target?.settingsOf(this.plan.filters.names[slot] ?? '') ?? NO_SETTINGS
  }

  dynamicMetadata(namespace: string): Readonly<Record<string, unknown>> | null {
    return this.metadata?.get(namespace) ?? null
  }

  mergeDynamicMetadata(namespace: string, values: Readonly<Record<string, unknown>>): void {
    this.metadata ??= new Map()
    const known = this.metadata.get(namespace)
    this.metadata.set(namespace, known === undefined ? values : { ...known, ...values })
  }

  /** Namespaces with what filters said about this request; null: nothing. */
  get allDynamicMetadata(): ReadonlyMap<string, Readonly<Record<string, unknown>>> | null {
    return this.metadata
  }

  clusterMetadata(): Readonly<Record<string, unknown>> | null {
    return this.plan.runtime.cluster(this.clusterName)?.config.metadata ?? null
  }

  state(slot: number): unknown {
    return this.states?.[slot] ?? null
  }

  setState(slot: number, value: unknown): void {
    this.states ??= []
    this.states[slot] = value
  }

  /** Filters begin anew. */
  protected forgetStates(): void {
    this.states = null
  }

  protected markEnd(): void {
    this.ended = true
    this.endMs = this.plan.runtime.clock.monotonicMs()
  }
}

const NO_SETTINGS: readonly unknown[] = []
