import { CR, FIELD_VALUE, LF, SP, TARGET, TOKEN } from './char-classes.ts'
import type { ParseProblem } from './parse-problem.ts'

/** First line of a message; reused by the parser that owns it. */
export class StartLine {
  method = ''
  target = ''
  status = 0
  reason = ''
  /** Any token is a method; otherwise only `METHODS`. */
  anyMethod = false
  /** HTTP/1.1; otherwise HTTP/1.0. */
  http11 = true
  problem: ParseProblem | null = null
}

/**
 * Methods that are registered or in wide use. Another one is refused unless configured: the less a server and what stands
 * in front of it agree on a method, the less they agree on its body.
 */
export const METHODS: ReadonlySet<string> = new Set(
  (
    'ACL BIND CHECKOUT CONNECT COPY DELETE GET HEAD LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL MOVE MSEARCH NOTIFY OPTIONS PATCH ' +
    'POST PROPFIND PROPPATCH PURGE PUT REBIND REPORT SEARCH SOURCE SUBSCRIBE TRACE UNBIND UNLINK UNLOCK UNSUBSCRIBE'
  ).split(' '),
)

/** `GET /path HTTP/1.1` CRLF. Returns where the fields begin. */
export function parseRequestLine(text: string, into: StartLine): number {
  into.problem = 'request-line'
  let at = 0
  while (TOKEN[text.charCodeAt(at)] === 1) at++
  if (at === 0 || text.charCodeAt(at) !== SP) return at
  const methodEnd = at++
  while (TARGET[text.charCodeAt(at)] === 1) at++
  if (at === methodEnd + 1 || text.charCodeAt(at) !== SP) return at
  into.method = methodEnd === 3 && text.startsWith('GET') ? 'GET' : text.slice(0, methodEnd)
  into.target = text.slice(methodEnd + 1, at)
  if (!version(text, at + 1, into)) return at
  if (into.anyMethod || METHODS.has(into.method)) return lineEnd(text, at + 9, into)
  into.problem = 'method'
  return at
}

/** `HTTP/1.1 200 OK` CRLF; the reason may be missing, with or without its space. */
export function parseStatusLine(text: string, into: StartLine): number {
  into.problem = 'status-line'
  if (!version(text, 0, into)) return 0
  into.problem = 'status-line'
  const hundreds = text.charCodeAt(9) - 48
  const tens = text.charCodeAt(10) - 48
  const ones = text.charCodeAt(11) - 48
  if (text.charCodeAt(8) !== SP || !(hundreds >= 1 && hundreds <= 9 && tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9)) return 0
  into.status = hundreds * 100 + tens * 10 + ones
  const end = text.indexOf('\r\n', 12)
  if (end < 0 || (end > 12 && text.charCodeAt(12) !== SP)) return 0
  for (let at = 12; at < end; at++) if (FIELD_VALUE[text.charCodeAt(at)] !== 1) return 0
  into.reason = text.slice(13, end)
  into.problem = null
  return end + 2
}

function version(text: string, at: number, into: StartLine): boolean {
  const minor = text.charCodeAt(at + 7)
  if (text.startsWith('HTTP/1.', at) && (minor === 49 || minor === 48)) {
    into.http11 = minor === 49
    return true
  }
  if (wellFormedVersion(text, at)) into.problem = 'http-version'
  return false
}

/** `HTTP/2.0` at the end of a line: a version, though not ours (RFC 9112 2.3). Anything else there is no start line. */
function wellFormedVersion(text: string, at: number): boolean {
  return /^HTTP\/\d\.\d[\r ]/.test(text.slice(at, at + 9))
}

function lineEnd(text: string, at: number, into: StartLine): number {
  if (text.charCodeAt(at) !== CR || text.charCodeAt(at + 1) !== LF) return at
  into.problem = null
  return at + 2
}
