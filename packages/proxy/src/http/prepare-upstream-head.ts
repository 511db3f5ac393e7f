import type { RouteAction } from '../model/route.ts'
import type { CompiledRoute } from '../route/compiled-route.ts'
import type { CompiledTarget } from '../route/route-target.ts'
import type { StreamRecord } from './stream-record.ts'

/** Makes of the request's head what the upstream gets: edits of the route, rewritten path and host. */
export function prepareUpstreamHead(stream: StreamRecord, route: CompiledRoute, action: RouteAction, target: CompiledTarget): void {
  const headers = stream.requestHeaders
  const { suppressEnvoyHeaders } = stream.plan
  target.requestEdits?.apply(headers, stream)
  // Envoy rewrites for the weighted cluster first and for the route after it, so the route's host stays.
  const host = route.hostRewrite?.(stream) ?? target.hostRewrite
  if (route.rewrite !== null) {
    if (!suppressEnvoyHeaders) headers.set('x-envoy-original-path', stream.path)
    stream.path = route.rewrite(stream.path)
  }
  if (host !== null) rewriteHost(stream, host, action.appendForwardedHost)
}

/**
 * The upstream sees another host and is told of the one that the client asked for; `keep`: that one is also added to
 * `x-forwarded-host`. A request that is repeated has been told of already.
 */
export function rewriteHost(stream: StreamRecord, host: string, keep: boolean): void {
  const headers = stream.requestHeaders
  if (stream.attempts <= 1 && !stream.plan.suppressEnvoyHeaders) headers.set('x-envoy-original-host', stream.authority)
  if (keep && stream.attempts <= 1) {
    const before = headers.getJoined('x-forwarded-host')
    headers.set('x-forwarded-host', before === null ? stream.authority : `${before},${stream.authority}`)
  }
  stream.authority = host
  headers.set('host', host)
}
