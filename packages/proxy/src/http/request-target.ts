import { HEADER_IDS } from './header-name.ts'
import { LOCAL_REPLIES, type LocalReply } from './local-reply.ts'
import type { StreamRecord } from './stream-record.ts'

const SLASH = 47

/**
 * The request target and `host` become path and authority (RFC 9112 3.2). Requests of HTTP/2 come with theirs resolved:
 * `host` then repeats `:authority`.
 */
export function resolveTarget(stream: StreamRecord, allowAbsolute: boolean): LocalReply | null {
  const headers = stream.requestHeaders
  const host = headers.findId(HEADER_IDS.host)
  if (host < 0 || headers.find('host', host + 1) >= 0) return LOCAL_REPLIES.missingHost
  stream.authority = headers.values[host] ?? ''
  if (stream.method === 'CONNECT') return validHost(stream.authority) ? null : LOCAL_REPLIES.badHost
  // A request target has no fragment (RFC 9112 3.2); whoever cuts it off would see another path than we do.
  if (stream.path.includes('#')) return LOCAL_REPLIES.badPath
  if (stream.path.charCodeAt(0) === SLASH) return validHost(stream.authority) ? null : LOCAL_REPLIES.badHost
  if (stream.path === '*') return stream.method === 'OPTIONS' ? null : LOCAL_REPLIES.missingPath
  const authority = allowAbsolute ? fromAbsolute(stream) : null
  if (authority === null) return LOCAL_REPLIES.missingPath
  headers.values[host] = authority
  return null
}

/** `http://host/path`: the host of the target counts (RFC 9112 3.2.2). null when it is no such form. */
function fromAbsolute(stream: StreamRecord): string | null {
  const absolute = /^https?:\/\/([^/?#]+)([^#]*)$/i.exec(stream.path)
  const authority = absolute?.[1] ?? ''
  if (absolute === null || !validHost(authority)) return null
  const rest = absolute[2] ?? ''
  stream.authority = authority
  stream.path = rest.startsWith('/') ? rest : `/${rest}`
  return authority
}

/** Host with optional port (RFC 3986 3.2.2), without user information: two parsers must not see two hosts. */
const HOST = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=%]*|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?$/
let lastValidHost = ''

function validHost(host: string): boolean {
  if (host === lastValidHost) return true
  if (!HOST.test(host)) return false
  lastValidHost = host
  return true
}
