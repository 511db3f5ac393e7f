import type { ParseProblem } from '../http1/parse-problem.ts'
import type { LocalReply } from './local-reply.ts'
import { ResponseFlag } from './response-flags.ts'

/** The answer to bytes that are no request: there is nothing that could be routed. */
export function problemReply(problem: ParseProblem): LocalReply {
  if (problem === 'head-too-large' || problem === 'too-many-fields') return refusal(431, 'Request Header Fields Too Large', problem)
  if (problem === 'unknown-transfer-encoding') return refusal(501, 'Not Implemented', problem)
  // Another version than ours is answered as one that is too low (RFC 9110 15.5.22).
  if (problem === 'http-version') return refusal(426, 'Upgrade Required', problem)
  return refusal(400, 'Bad Request', problem)
}

function refusal(status: number, body: string, problem: ParseProblem): LocalReply {
  return { status, body, flags: ResponseFlag.downstreamProtocolError, details: `http1.${problem.replaceAll('-', '_')}` }
}
