import { HEADER_IDS } from './header-name.ts'
import type { HeaderTable } from './header-table.ts'
import { removeHopByHop } from './hop-by-hop.ts'
import type { StreamRecord } from './stream-record.ts'

/** Last touches after the filters: hop-by-hop fields go, the route's edits and our own fields come. */
export function finishResponseHead(stream: StreamRecord, headers: HeaderTable, fromUpstream: boolean): void {
  const { config } = stream.plan
  if (fromUpstream) removeHopByHop(headers, stream.status === 101)
  if (stream.route?.action.kind === 'route' && stream.route.virtualHost.includeAttemptCountInResponse)
    headers.set('x-envoy-attempt-count', String(Math.max(stream.attempts, 1)))
  stream.target?.responseEdits?.apply(headers, stream)
  if (config.serverName !== '') headers.set('server', config.serverName)
  if (headers.findId(HEADER_IDS.date) < 0) headers.append('date', currentDate(stream.startTimeMs))
}

let dateSecond = 0
let dateText = ''

/** HTTP-date (RFC 9110 5.6.7), made once a second. */
function currentDate(nowMs: number): string {
  const second = Math.floor(nowMs / 1000)
  if (second !== dateSecond) {
    dateSecond = second
    dateText = new Date(nowMs).toUTCString()
  }
  return dateText
}
