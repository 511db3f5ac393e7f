import { HEADER_IDS, headerNames } from './header-name.ts'
import type { HeaderTable } from './header-table.ts'

/** The head says how long the body is, or that there is none. */
export const FRAMED = 0
export const CHUNKED = 1
/** The end of the connection is the end of the body. */
export const UNTIL_CLOSE = 2

export type ResponseFrame = 0 | 1 | 2

const CONTENT_LENGTH = headerNames.of('content-length')
const TRANSFER_ENCODING = headerNames.of('transfer-encoding')

/**
 * How an HTTP/1 client finds the end of a response (RFC 9112 6.3), which the head is made to say. `bodiless`: the response ends
 * with its head. Not for tunnels.
 */
export function frameResponse(headers: HeaderTable, status: number, method: string, http11: boolean, bodiless: boolean): ResponseFrame {
  if (headers.findId(HEADER_IDS['content-length']) >= 0) return FRAMED
  if (bodiless) {
    // To HEAD nothing is known of the body that GET would get, which Envoy words as chunks.
    if (!mayHaveLength(status)) return FRAMED
    if (method !== 'HEAD') headers.put(CONTENT_LENGTH, '0')
    else if (http11) headers.put(TRANSFER_ENCODING, 'chunked')
    return FRAMED
  }
  // HTTP/1.0 knows no chunks.
  if (!http11) return UNTIL_CLOSE
  headers.put(TRANSFER_ENCODING, 'chunked')
  return CHUNKED
}

/** RFC 9110 8.6. */
function mayHaveLength(status: number): boolean {
  return status >= 200 && status !== 204 && status !== 304
}
