import type { RouteAction } from '../model/route.ts'
import type { CompiledRoute } from '../route/compiled-route.ts'
import { announceTimeout, expectedMs, type RequestTimeouts } from '../route/request-timeouts.ts'
import type { Host } from '../upstream/host.ts'
import type { ActiveStream } from './active-stream.ts'
import { headerNames } from './header-name.ts'
import { rewriteHost } from './prepare-upstream-head.ts'

const ATTEMPT_COUNT = headerNames.of('x-envoy-attempt-count')

/** What the request's head says about the attempt that begins now alone: its host, its time, its number. */
export function prepareAttempt(
  stream: ActiveStream,
  route: CompiledRoute,
  action: RouteAction,
  timeouts: RequestTimeouts,
  host: Host,
): void {
  const headers = stream.requestHeaders
  const sinceMs = stream.requestComplete ? stream.elapsedMs() - stream.requestDoneMs : 0
  if (stream.attempts === 1 || timeouts.totalMs > 0)
    announceTimeout(headers, expectedMs(timeouts, sinceMs), action, stream.plan.suppressEnvoyHeaders)
  if (action.hostRewrite.kind === 'endpoint' && host.hostname !== '') rewriteHost(stream, host.hostname, action.appendForwardedHost)
  if (route.virtualHost.includeAttemptCount) headers.put(ATTEMPT_COUNT, String(stream.attempts))
}
