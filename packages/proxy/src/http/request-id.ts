import { randomUUID } from 'node:crypto'
import type { HttpConnectionManagerConfig } from '../model/http-connection-manager.ts'
import { HEADER_IDS, headerNames } from './header-name.ts'
import type { StreamRecord } from './stream-record.ts'

type RequestIdRules = Pick<HttpConnectionManagerConfig, 'generateRequestId' | 'preserveExternalRequestId'>

const NAME = headerNames.of('x-request-id')

/** A request keeps its id through the mesh; one without gets one, and so does a stranger's at an edge. */
export function setRequestId(stream: StreamRecord, rules: RequestIdRules, edge: boolean): void {
  const given = stream.requestHeaders.getId(HEADER_IDS['x-request-id'])
  const keeps = given !== null && given !== '' && !(edge && rules.generateRequestId && !rules.preserveExternalRequestId)
  if (keeps) {
    stream.requestId = given
  } else if (rules.generateRequestId) {
    stream.requestId = randomUUID()
    stream.freshRequestId = true
    stream.requestHeaders.put(NAME, stream.requestId)
  }
}
