import type { MaxStreamDuration, RouteAction } from '../model/route.ts'
import type { RetryPolicy } from '../model/retry-policy.ts'
import { isGrpcRequest } from '../http/grpc-reply.ts'
import { formatGrpcTimeout, parseGrpcTimeout } from '../http/grpc-timeout.ts'
import type { HeaderTable } from '../http/header-table.ts'
import { HEADER_IDS, headerNames } from '../http/header-name.ts'
import { HeaderTrait } from '../http/header-traits.ts'

const EXPECTED = headerNames.of('x-envoy-expected-rq-timeout-ms')

/** The time limits of one request, in milliseconds; 0: none. */
export interface RequestTimeouts {
  /** From the end of the request to the end of the response, over all attempts. */
  readonly totalMs: number
  readonly perTryMs: number
  readonly perTryIdleMs: number
  /** How long an attempt's stream may last from its beginning to its end; 0: as long as the cluster says. */
  readonly streamMs: number
  /** A request that takes too long is answered 204 (`x-envoy-upstream-rq-timeout-alt-response`). */
  readonly altResponse: boolean
}

/** The limits of a request that asks for none of its own. */
export function routeTimeouts(action: RouteAction, retry: RetryPolicy | null): RequestTimeouts {
  return limits(action.timeoutMs, retry?.perTryTimeoutMs ?? 0, retry?.perTryIdleTimeoutMs ?? 0)
}

/**
 * The limits of a request: the route's (`usual`), or what the request itself asks for (`x-envoy-upstream-rq-timeout-ms`,
 * `x-envoy-upstream-rq-per-try-timeout-ms`, `grpc-timeout`). What is meant for us is taken out.
 */
export function takeTimeouts(action: RouteAction, usual: RequestTimeouts, headers: HeaderTable): RequestTimeouts {
  const grpcMs = action.maxStreamDuration.grpcAsTimeoutMaxMs === null ? null : grpcTotal(action, headers)
  const asks = headers.hasTrait(HeaderTrait.asksRouter)
  if (!asks && grpcMs === null) return usual
  const asked = asks ? takeAsked(headers) : NOTHING_ASKED
  return {
    ...limits(asked.totalMs ?? grpcMs ?? usual.totalMs, asked.perTryMs ?? usual.perTryMs, usual.perTryIdleMs),
    streamMs: asked.streamMs ?? 0,
    altResponse: asked.altResponse,
  }
}

interface AskedTimeouts {
  readonly totalMs: number | null
  readonly perTryMs: number | null
  readonly streamMs: number | null
  readonly altResponse: boolean
}

const NOTHING_ASKED: AskedTimeouts = { totalMs: null, perTryMs: null, streamMs: null, altResponse: false }

function takeAsked(headers: HeaderTable): AskedTimeouts {
  const altResponse = headers.has('x-envoy-upstream-rq-timeout-alt-response')
  const asked = {
    totalMs: msOf(headers.getId(HEADER_IDS['x-envoy-upstream-rq-timeout-ms'])),
    perTryMs: msOf(headers.getId(HEADER_IDS['x-envoy-upstream-rq-per-try-timeout-ms'])),
    streamMs: msOf(headers.get('x-envoy-upstream-stream-duration-ms')),
    altResponse,
  }
  for (const name of MEANT_FOR_US) headers.remove(name)
  return asked
}

const MEANT_FOR_US: readonly string[] = [
  'x-envoy-upstream-rq-timeout-ms',
  'x-envoy-upstream-rq-per-try-timeout-ms',
  'x-envoy-upstream-rq-timeout-alt-response',
  'x-envoy-upstream-stream-duration-ms',
  'x-envoy-upstream-alt-stat-name',
  'x-envoy-hedge-on-per-try-timeout',
]

/** A try that may take as long as everything together needs no limit of its own. */
function limits(totalMs: number, perTryMs: number, perTryIdleMs: number): RequestTimeouts {
  return { totalMs, perTryMs: totalMs > 0 && perTryMs >= totalMs ? 0 : perTryMs, perTryIdleMs, streamMs: 0, altResponse: false }
}

/** How long the upstream has for the attempt that begins now; 0: no limit. `elapsedMs`: since the request was complete. */
export function expectedMs({ totalMs, perTryMs }: RequestTimeouts, elapsedMs: number): number {
  if (totalMs === 0) return perTryMs
  const restMs = Math.max(totalMs - Math.floor(elapsedMs), 1)
  return perTryMs === 0 ? restMs : Math.min(perTryMs, restMs)
}

/** Tells the upstream how long it has: `x-envoy-expected-rq-timeout-ms`, and `grpc-timeout` where that was the limit. */
export function announceTimeout(headers: HeaderTable, expected: number, action: RouteAction, quiet: boolean): void {
  if (expected <= 0) return
  if (!quiet) headers.put(EXPECTED, String(expected))
  if (action.maxStreamDuration.grpcAsTimeoutMaxMs !== null && isGrpcRequest(headers))
    headers.set('grpc-timeout', formatGrpcTimeout(expected))
}

/** How long the whole stream may last by what its route says and `grpc-timeout`; null: the route says nothing. 0: no limit. */
export function streamDurationMs(limits: MaxStreamDuration, headers: HeaderTable): number | null {
  const grpcMs = limits.grpcTimeoutMaxMs === null ? null : parseGrpcTimeout(headers.get('grpc-timeout'))
  if (grpcMs === null) return limits.maxMs
  const cap = limits.grpcTimeoutMaxMs ?? 0
  const capped = cap > 0 ? Math.min(grpcMs, cap) : grpcMs
  // 0 would be no limit at all: what is left of a limit is at least a millisecond.
  return Math.max(capped - limits.grpcTimeoutOffsetMs, 1)
}

/** `max_grpc_timeout`: a gRPC request's own limit, or none, up to the maximum; null: not configured, or not gRPC. */
function grpcTotal({ maxStreamDuration: limits }: RouteAction, headers: HeaderTable): number | null {
  const { grpcAsTimeoutMaxMs: maxMs, grpcAsTimeoutOffsetMs: offsetMs } = limits
  if (maxMs === null || !isGrpcRequest(headers)) return null
  const given = parseGrpcTimeout(headers.get('grpc-timeout')) ?? 0
  const askedMs = offsetMs < given ? given - offsetMs : given
  return maxMs > 0 && (askedMs === 0 || askedMs > maxMs) ? maxMs : askedMs
}

function msOf(text: string | null): number | null {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null
}
