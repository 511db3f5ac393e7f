import type { HeaderTable } from '../http/header-table.ts'
import type { TracingConfig } from '../model/tracing.ts'

/** Why a request is traced, as the 15th character of a request id tells it from hop to hop (Envoy's `pack_trace_reason`). */
export type TraceReason = 'none' | 'sampled' | 'forced' | 'client'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const REASON_AT = 14
const REASONS: ReadonlyMap<string, TraceReason> = new Map([
  ['9', 'sampled'],
  ['a', 'forced'],
  ['b', 'client'],
])
const MARKS: Readonly<Record<TraceReason, string>> = { none: '4', sampled: '9', forced: 'a', client: 'b' }

export function reasonOf(requestId: string): TraceReason {
  return UUID.test(requestId) ? (REASONS.get(requestId.charAt(REASON_AT)) ?? 'none') : 'none'
}

/** The id with the reason in it; ids that are no UUID stay as they are. */
export function withReason(requestId: string, reason: TraceReason): string {
  if (!UUID.test(requestId)) return requestId
  return requestId.slice(0, REASON_AT) + MARKS[reason] + requestId.slice(REASON_AT + 1)
}

/** Which requests are traced. `draw`: a number in [0, 1) for each question. */
export function decide(config: TracingConfig, requestId: string, headers: HeaderTable, draw: () => number): TraceReason {
  let reason = reasonOf(requestId)
  if (reason === 'none') reason = fresh(config, headers, draw)
  return reason !== 'none' && !chosen(config.overallSampling, draw) ? 'none' : reason
}

/** As `decide`, for a request that says nothing of traces, with an id that was just made. */
export function decideAlone(config: TracingConfig, draw: () => number): TraceReason {
  return chosen(config.randomSampling, draw) && chosen(config.overallSampling, draw) ? 'sampled' : 'none'
}

function fresh(config: TracingConfig, headers: HeaderTable, draw: () => number): TraceReason {
  if (headers.has('x-client-trace-id') && chosen(config.clientSampling, draw)) return 'client'
  if (headers.has('x-envoy-force-trace')) return 'forced'
  return chosen(config.randomSampling, draw) ? 'sampled' : 'none'
}

function chosen(percent: number, draw: () => number): boolean {
  if (percent <= 0) return false
  return percent >= 100 || draw() * 100 < percent
}
