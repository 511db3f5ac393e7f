import type { ParseProblem } from '../http1/parse-problem.ts'

const PHRASES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
  501: 'Not Implemented',
}

/** The whole response to bytes that are no request: there is nothing that could be routed, filtered or logged. */
export function problemReply(problem: ParseProblem): string {
  if (problem === 'head-too-large' || problem === 'too-many-fields') return problemText(431, 'Request Header Fields Too Large')
  if (problem === 'unknown-transfer-encoding') return problemText(501, 'Not Implemented')
  return problemText(400, 'Bad Request')
}

/** The whole response to a request whose head does not come. */
export const HEAD_TIMEOUT_REPLY: string = problemText(408, 'request header timeout')

function problemText(status: number, body: string): string {
  return `HTTP/1.1 ${status} ${PHRASES[status] ?? ''}\r\ncontent-length: ${body.length}\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n${body}`
}
