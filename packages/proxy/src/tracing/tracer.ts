import { HeaderTrait } from '../http/header-traits.ts'
import type { HeaderTable } from '../http/header-table.ts'
import type { StreamRecord } from '../http/stream-record.ts'
import type { RouteDecorator } from '../model/route.ts'
import type { TracingConfig } from '../model/tracing.ts'
import { RandomIds } from './random-id.ts'
import { decide, decideAlone, withReason } from './sampling.ts'
import type { FinishedSpan, Span } from './span.ts'
import { grpcStatus, spanTags } from './span-tags.ts'
import { type Extracted, NONE, extractB3, extractW3c, injectB3, injectW3c, type TraceContext } from './trace-context.ts'

/** Carries the name of a span from proxy to proxy. */
const OPERATION_HEADER = 'x-envoy-decorator-operation'

/** Where finished spans go. */
export interface SpanExporter {
  export(span: FinishedSpan): void
}

export interface TracerOptions {
  readonly config: TracingConfig
  readonly exporter: SpanExporter
  readonly direction: 'inbound' | 'outbound' | 'unspecified'
  readonly nodeId: string
  /** Numbers in [0, 1). */
  readonly random: () => number
}

/** Traces the requests of one connection manager: continues or begins traces and tells the exporter of those that are sampled. */
export class Tracer {
  private readonly options: TracerOptions
  private readonly ids = new RandomIds()

  constructor(options: TracerOptions) {
    this.options = options
  }

  /** Reads the caller's context, decides, and writes ours into the request's headers. */
  begin(stream: StreamRecord): void {
    const { config, random } = this.options
    const headers = stream.requestHeaders
    // Most requests at an edge say nothing of traces, which one look at their names tells.
    const told = headers.hasTrait(HeaderTrait.tracing)
    const reason = told || !stream.freshRequestId ? decide(config, stream.requestId, headers, random) : decideAlone(config, random)
    // The mark for "none" is what a fresh id has anyway.
    if (stream.requestId !== '' && (reason !== 'none' || !stream.freshRequestId))
      this.markRequestId(stream, withReason(stream.requestId, reason))
    const zipkin = config.provider.kind === 'zipkin'
    let extracted = NONE
    if (told) extracted = zipkin ? extractB3(headers) : extractW3c(headers)
    const span = this.startSpan(extracted, reason !== 'none', stream.startTimeMs)
    stream.span = span
    if (zipkin) injectB3(headers, span.context)
    else injectW3c(headers, span.context)
  }

  /**
   * Names the span by the route, and tells the next proxy (outbound); inbound, what the caller's proxy says counts more, and
   * its header ends here. As Envoy's connection manager does with `Route.decorator`.
   */
  onRoute(stream: StreamRecord, decorator: RouteDecorator | null): void {
    const headers = stream.requestHeaders
    stream.operation = decorator?.operation ?? ''
    if (this.ingress) {
      const told = headers.get(OPERATION_HEADER)
      if (told === null) return
      headers.remove(OPERATION_HEADER)
      if (told !== '') stream.operation = told
    } else if (decorator?.propagate === true) {
      headers.set(OPERATION_HEADER, decorator.operation)
    }
  }

  /** The way back: inbound, the caller's proxy is told the route's name unless it gave one; outbound, that name counts. */
  onResponse(stream: StreamRecord, headers: HeaderTable, decorator: RouteDecorator | null): void {
    if (this.ingress) {
      if (decorator?.propagate === true && stream.operation === decorator.operation) headers.set(OPERATION_HEADER, decorator.operation)
      return
    }
    const told = headers.get(OPERATION_HEADER)
    if (told === null) return
    headers.remove(OPERATION_HEADER)
    if (told !== '') stream.operation = told
  }

  end(stream: StreamRecord): void {
    const { span } = stream
    if (span === null || span.context.sampled !== true) return
    const { config, exporter, nodeId } = this.options
    const tags = spanTags(stream, config, nodeId)
    exporter.export({
      ...span,
      name: this.spanName(stream),
      durationMs: stream.durationMs(),
      tags,
      error: failed(stream),
      localAddress: stream.connection.localAddress,
      localPort: stream.connection.localPort,
    })
  }

  private markRequestId(stream: StreamRecord, marked: string): void {
    if (marked === stream.requestId) return
    stream.requestId = marked
    stream.requestHeaders.set('x-request-id', marked)
  }

  private startSpan(extracted: Extracted, sampled: boolean, startMs: number): Span {
    const kind = this.ingress ? 'server' : 'client'
    if (extracted.kind !== 'context') {
      return { context: this.newTrace(extracted.kind === 'decision' ? extracted.sampled : sampled), shared: false, kind, startMs }
    }
    const { context } = extracted
    const decided = context.sampled ?? sampled
    if (kind === 'server' && this.sharesSpans) return { context: { ...context, sampled: decided }, shared: true, kind, startMs }
    return { context: { ...context, spanId: this.ids.next(), parentId: context.spanId, sampled: decided }, shared: false, kind, startMs }
  }

  private newTrace(sampled: boolean): TraceContext {
    const { provider } = this.options.config
    const spanId = this.ids.next()
    const wide = provider.kind === 'opentelemetry' || provider.traceId128Bit
    // The first span of a trace has the trace's id, as Zipkin's own libraries do it.
    const traceId = wide ? this.ids.next() + spanId : spanId
    return { traceId, spanId, parentId: '', sampled, debug: false, state: '' }
  }

  /** A listener that says nothing of its direction counts as inbound, as in Envoy. */
  private get ingress(): boolean {
    return this.options.direction !== 'outbound'
  }

  private get sharesSpans(): boolean {
    const { provider } = this.options.config
    return provider.kind === 'zipkin' && provider.sharedSpanContext
  }

  private spanName(stream: StreamRecord): string {
    if (stream.operation !== '') return stream.operation
    if (this.options.config.provider.kind === 'zipkin') return stream.authority
    return this.ingress ? 'ingress' : `egress ${stream.authority}`
  }
}

/** Server errors, answers that never came, and gRPC statuses that Envoy counts as the server's fault. */
function failed(stream: StreamRecord): boolean {
  if (stream.status === 0 || stream.status >= 500) return true
  const status = grpcStatus(stream)
  return status !== null && SERVER_FAULTS.has(status)
}

/** UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS. */
const SERVER_FAULTS: ReadonlySet<string> = new Set(['2', '4', '12', '13', '14', '15'])
