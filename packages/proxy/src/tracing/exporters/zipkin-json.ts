import type { FinishedSpan } from '../span.ts'

/** Zipkin's v2 JSON (zipkin.io/zipkin-api, `POST /spans`). Times are in microseconds. */
export function zipkinJson(spans: readonly FinishedSpan[], serviceName: string): string {
  return JSON.stringify(spans.map(span => zipkinSpan(span, serviceName)))
}

function zipkinSpan(span: FinishedSpan, serviceName: string): object {
  const { traceId, spanId, parentId, debug } = span.context
  const address = span.localAddress.includes(':') ? { ipv6: span.localAddress } : { ipv4: span.localAddress }
  return {
    traceId,
    id: spanId,
    ...(parentId === '' ? {} : { parentId }),
    name: span.name,
    kind: span.kind === 'client' ? 'CLIENT' : 'SERVER',
    timestamp: Math.round(span.startMs * 1000),
    duration: Math.max(1, Math.round(span.durationMs * 1000)),
    localEndpoint: { serviceName, ...address, port: span.localPort },
    tags: { ...Object.fromEntries(span.tags), ...(span.error ? { error: 'true' } : {}) },
    ...(span.shared ? { shared: true } : {}),
    ...(debug ? { debug: true } : {}),
  }
}
