import { HEADER_IDS, headerNames } from './header-name.ts'
import type { HeaderTable } from './header-table.ts'
import { HeaderTrait } from './header-traits.ts'
import type { HttpConnectionManagerConfig } from '../model/http-connection-manager.ts'
import { removeHopByHop } from './hop-by-hop.ts'
import { appendVia } from './prepare-request.ts'
import type { StreamRecord } from './stream-record.ts'

const DATE = headerNames.of('date')
const SERVER = headerNames.of('server')

/** Last touches after the filters: hop-by-hop fields go, the route's edits and our own fields come. */
export function finishResponseHead(stream: StreamRecord, headers: HeaderTable, fromUpstream: boolean): void {
  const { config } = stream.plan
  if (fromUpstream) {
    removeHopByHop(headers, stream.status === 101)
    headers.joinTraits(HeaderTrait.joinedInResponse)
  }
  if (stream.route?.action.kind === 'route' && stream.route.virtualHost.includeAttemptCountInResponse)
    headers.set('x-envoy-attempt-count', String(Math.max(stream.attempts, 1)))
  stream.target?.responseEdits?.apply(headers, stream)
  if (headers.findId(HEADER_IDS.date) < 0) headers.put(DATE, currentDate(stream.startTimeMs))
  setServer(headers, config.serverHeader, config.serverName)
  if (config.via !== '') appendVia(headers, config.via)
  if (config.requestIdInResponse && stream.requestId !== '') headers.set('x-request-id', stream.requestId)
}

function setServer(headers: HeaderTable, mode: HttpConnectionManagerConfig['serverHeader'], name: string): void {
  if (mode === 'pass-through') return
  if (mode === 'overwrite' || headers.findId(HEADER_IDS.server) < 0) headers.setName(SERVER, name)
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
