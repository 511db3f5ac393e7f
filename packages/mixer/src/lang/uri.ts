import { err, ok, type Result } from '@meshwork/core/result'
import { canonicalDnsName } from './dns-name.ts'

const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):/
/** A `%` that is not followed by two hexadecimal digits. */
const BAD_ESCAPE = /%(?![0-9a-fA-F]{2})/

/** What two URIs are compared by. For `http` and `https` the host is apart, because it compares as a DNS name. */
interface UriParts {
  readonly scheme: string
  readonly host: string | undefined
  readonly rest: string
}

/** Whether `text` is a URI reference (RFC 3986 section 4.1), or why not. */
export function parseUri(text: string): Result<UriParts, string> {
  if (text === '') return err('empty string')
  if (/\p{Cc}/u.test(text)) return err('control character in URI')
  if (text.startsWith(':')) return err('missing protocol scheme')
  const scheme = SCHEME.exec(text)?.[1] ?? ''
  const rest = scheme === '' ? text : text.slice(scheme.length + 1)
  const path = rest.split(/[?#]/, 1)[0] ?? ''
  if (scheme === '' && /^[^/]*:/.test(path)) return err('first path segment in URL cannot contain colon')
  const authority = /^\/\/([^/?#]*)/.exec(rest)?.[1]
  if (authority !== undefined) return parseWithAuthority(scheme, authority, rest)
  // What follows `scheme:` without a slash is opaque and never decoded.
  const opaque = scheme !== '' && !rest.startsWith('/')
  if (!opaque && BAD_ESCAPE.test(path)) return err('invalid URL escape')
  return ok({ scheme: scheme.toLowerCase(), host: undefined, rest })
}

function parseWithAuthority(scheme: string, authority: string, rest: string): Result<UriParts, string> {
  const hostPort = authority.slice(authority.lastIndexOf('@') + 1)
  const bracketed = hostPort.startsWith('[')
  if (bracketed && !hostPort.includes(']')) return err("missing ']' in host")
  const host = bracketed ? hostPort.slice(0, hostPort.indexOf(']') + 1) : (hostPort.split(':', 1)[0] ?? '')
  const port = hostPort.slice(host.length)
  if (!/^(?::\d*)?$/.test(port)) return err(`invalid port '${port}' after host`)
  if (BAD_ESCAPE.test(rest.split(/[?#]/, 1)[0] ?? '') || / /.test(hostPort)) return err('invalid URL escape or character in host')
  const lower = scheme.toLowerCase()
  if (lower !== 'http' && lower !== 'https') return ok({ scheme: lower, host: undefined, rest })
  // An empty port is none. Before the host may stand a user, which compares exactly.
  const user = authority.slice(0, authority.length - hostPort.length)
  const after = rest.slice(2 + authority.length)
  return ok({ scheme: lower, host: canonicalDnsName(host) ?? host, rest: `${user}${port === ':' ? '' : port}${after}` })
}

/** Equality of URIs (mixer.md 4.6), or why one of them is none. */
export function uriEquals(a: string, b: string): Result<boolean, string> {
  const left = parseUri(a)
  if (left.kind === 'err') return left
  const right = parseUri(b)
  if (right.kind === 'err') return right
  return ok(left.value.scheme === right.value.scheme && left.value.host === right.value.host && left.value.rest === right.value.rest)
}
