import { ExportTraceServiceRequest } from '@meshwork/protos/opentelemetry/proto/collector/trace/v1/trace_service'
import { Span_SpanKind, Status_StatusCode } from '@meshwork/protos/opentelemetry/proto/trace/v1/trace'
import type { FinishedSpan } from '../span.ts'

const KINDS = { client: Span_SpanKind.SPAN_KIND_CLIENT, server: Span_SpanKind.SPAN_KIND_SERVER } as const

/** Spans in OTLP's form. */
export function otlpRequest(spans: readonly FinishedSpan[], serviceName: string): ExportTraceServiceRequest {
  const resource = { attributes: [attribute('service.name', serviceName)] }
  return ExportTraceServiceRequest.fromPartial({
    resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'meshwork' }, spans: spans.map(otlpSpan) }] }],
  })
}

function otlpSpan(span: FinishedSpan) {
  const { traceId, spanId, parentId, state } = span.context
  return {
    traceId: Buffer.from(traceId.padStart(32, '0'), 'hex'),
    spanId: Buffer.from(spanId, 'hex'),
    parentSpanId: Buffer.from(parentId, 'hex'),
    traceState: state,
    name: span.name,
    kind: KINDS[span.kind],
    startTimeUnixNano: nanoseconds(span.startMs),
    endTimeUnixNano: nanoseconds(span.startMs + span.durationMs),
    attributes: span.tags.map(([name, value]) => attribute(name, value)),
    status: { code: span.error ? Status_StatusCode.STATUS_CODE_ERROR : Status_StatusCode.STATUS_CODE_UNSET },
  }
}

function attribute(key: string, value: string) {
  return { key, value: { value: { $case: 'stringValue' as const, value } } }
}

function nanoseconds(ms: number): bigint {
  return BigInt(Math.round(ms * 1000)) * 1000n
}
