import { messageOf } from '@meshwork/core/result'
import type { HttpFilter } from '../filters/filter.ts'
import type { ConnectionPlan } from './connection-plan.ts'
import type { ActiveStream } from './active-stream.ts'

/** What is told about a stream when it is over: counters, filters that report, access logs. Called once. */
export function completeStream(stream: ActiveStream, plan: ConnectionPlan): void {
  const { stats, filters, accessLogs } = plan
  stats.add(stats.rqActive, -1)
  if (stream.status > 0) stats.response(stream.status)
  stats.registry.record(stats.rqTime, stream.durationMs())
  for (const { filter, slot } of filters.complete) if (stream.skips?.[slot] !== 1) complete(filter, stream, plan)
  plan.tracer?.end(stream)
  // The text is for the format of the answer itself: Envoy's access logs have `%LOCAL_REPLY_BODY%` empty.
  stream.localReplyBody = ''
  for (const log of accessLogs) log.write(stream)
}

function complete(filter: Pick<HttpFilter, 'onComplete'>, stream: ActiveStream, plan: ConnectionPlan): void {
  try {
    filter.onComplete?.(stream)
  } catch (error) {
    plan.runtime.log.error('a filter failed', { phase: 'complete', error: messageOf(error) })
  }
}
