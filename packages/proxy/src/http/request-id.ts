import { randomUUID } from 'node:crypto'
import type { HttpConnectionManagerConfig } from '../model/http-connection-manager.ts'
import { HEADER_IDS } from './header-name.ts'
import type { StreamRecord } from './stream-record.ts'

type RequestIdRules = Pick<HttpConnectionManagerConfig, 'generateRequestId' | 'preserveExternalRequestId'>

/** A request keeps its id through the mesh; one without gets one, and so does a stranger's at an edge. */
export function setRequestId(stream: StreamRecord, rules: RequestIdRules, edge: boolean): void {
  const given = stream.requestHeaders.getId(HEADER_IDS['x-request-id'])
  const keeps = given !== null && given !== '' && !(edge && rules.generateRequestId && !rules.preserveExternalRequestId)
  if (keeps) {
    stream.requestId = given
  } else if (rules.generateRequestId) {
    stream.requestId = randomUUID()
    stream.requestHeaders.set('x-request-id', stream.requestId)
  }
}
