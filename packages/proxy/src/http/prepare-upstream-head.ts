import type { RouteAction } from '../model/route.ts'
import type { CompiledRoute, CompiledTarget } from '../route/compiled-route.ts'
import type { StreamRecord } from './stream-record.ts'

/** Makes of the request's head what the upstream gets: edits of the route, rewritten path and host. */
export function prepareUpstreamHead(stream: StreamRecord, route: CompiledRoute, action: RouteAction, target: CompiledTarget): void {
  const headers = stream.requestHeaders
  const { suppressEnvoyHeaders } = stream.plan
  if (!suppressEnvoyHeaders && action.timeoutMs > 0) headers.set('x-envoy-expected-rq-timeout-ms', String(action.timeoutMs))
  target.requestEdits?.apply(headers, stream)
  if (route.rewrite !== null) {
    if (!suppressEnvoyHeaders) headers.set('x-envoy-original-path', stream.path)
    stream.path = route.rewrite(stream.path)
  }
  if (action.hostRewrite.kind === 'literal') {
    stream.authority = action.hostRewrite.value
    headers.set('host', stream.authority)
  }
}
