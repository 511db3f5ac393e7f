import { formatResponseFlags } from '../http/response-flags.ts'
import type { StreamRecord } from '../http/stream-record.ts'
import type { CustomTag, TracingConfig } from '../model/tracing.ts'

type Tag = readonly [string, string]

/** Tags of Envoy's spans (tracing documentation, "What data each trace contains"). */
export function spanTags(stream: StreamRecord, config: TracingConfig, nodeId: string): Tag[] {
  const { requestHeaders: headers } = stream
  const tags: Tag[] = [
    ['component', 'proxy'],
    ['node_id', nodeId],
    ['guid:x-request-id', stream.requestId],
    ['http.url', `${stream.scheme}://${stream.authority}${originalPath(stream).slice(0, config.maxPathTagLength)}`],
    ['http.method', stream.method],
    ['downstream_cluster', headers.get('x-envoy-downstream-service-cluster') ?? '-'],
    ['user_agent', headers.get('user-agent') ?? '-'],
    ['http.protocol', stream.protocol],
    ['peer.address', stream.connection.remoteAddress],
    ['request_size', String(stream.requestBytes)],
    ['response_size', String(stream.responseBytes)],
    ['http.status_code', String(stream.status)],
    ['response_flags', formatResponseFlags(stream.flags)],
    ['upstream_cluster', stream.clusterName === '' ? '-' : stream.clusterName],
    ['upstream_cluster.name', stream.clusterName === '' ? '-' : stream.clusterName],
  ]
  const clientId = headers.get('x-client-trace-id')
  if (clientId !== null) tags.push(['guid:x-client-trace-id', clientId])
  addGrpcTags(stream, tags)
  for (const tag of config.customTags) {
    const value = customValue(tag, stream)
    if (value !== '') tags.push([tag.tag, value])
  }
  return tags
}

function originalPath(stream: StreamRecord): string {
  return stream.requestHeaders.get('x-envoy-original-path') ?? stream.path
}

function addGrpcTags(stream: StreamRecord, tags: Tag[]): void {
  const type = stream.requestHeaders.get('content-type') ?? ''
  if (!type.startsWith('application/grpc')) return
  tags.push(['grpc.path', stream.path], ['grpc.authority', stream.authority], ['grpc.content_type', type])
  const status = grpcStatus(stream)
  if (status !== null) tags.push(['grpc.status_code', status])
}

/** From the trailers, or from the head of an answer without a body. */
export function grpcStatus(stream: StreamRecord): string | null {
  return stream.responseTrailers?.get('grpc-status') ?? stream.responseHeaders?.get('grpc-status') ?? null
}

function customValue(tag: CustomTag, stream: StreamRecord): string {
  switch (tag.kind) {
    case 'literal':
      return tag.value
    case 'environment':
      return process.env[tag.name] ?? tag.fallback
    case 'request-header':
      return stream.requestHeaders.get(tag.name) ?? tag.fallback
    case 'metadata':
      return metadataText(metadataOf(tag.source, stream)[tag.namespace], tag.path) ?? tag.fallback
  }
}

function metadataOf(source: 'route' | 'cluster' | 'host', stream: StreamRecord): Readonly<Record<string, unknown>> {
  if (source === 'route') return stream.route?.metadata ?? {}
  if (source === 'host') return stream.upstream?.metadata ?? {}
  return stream.plan.runtime.cluster(stream.clusterName)?.config.metadata ?? {}
}

function metadataText(value: unknown, path: readonly string[]): string | null {
  let found = value
  for (const key of path) {
    if (typeof found !== 'object' || found === null) return null
    found = new Map<string, unknown>(Object.entries(found)).get(key)
  }
  if (found === undefined || found === null) return null
  return typeof found === 'string' ? found : JSON.stringify(found)
}
