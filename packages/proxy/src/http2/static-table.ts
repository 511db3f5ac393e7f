/** RFC 7541 appendix A, from index 1: `name` or `name value`. */
const TEXT = `:authority
:method GET
:method POST
:path /
:path /index.html
:scheme http
:scheme https
:status 200
:status 204
:status 206
:status 304
:status 400
:status 404
:status 500
accept-charset
accept-encoding gzip, deflate
accept-language
accept-ranges
accept
access-control-allow-origin
age
allow
authorization
cache-control
content-disposition
content-encoding
content-language
content-length
content-location
content-range
content-type
cookie
date
etag
expect
expires
from
host
if-match
if-modified-since
if-none-match
if-range
if-unmodified-since
last-modified
link
location
max-forwards
proxy-authenticate
proxy-authorization
range
referer
refresh
retry-after
server
set-cookie
strict-transport-security
transfer-encoding
user-agent
vary
via
www-authenticate`

/** Names and values by index; index 0 is not used. */
export const STATIC_NAMES: readonly string[] = ['', ...TEXT.split('\n').map(line => line.split(' ', 1)[0] ?? '')]
export const STATIC_VALUES: readonly string[] = [
  '',
  ...TEXT.split('\n').map(line => (line.includes(' ') ? line.slice(line.indexOf(' ') + 1) : '')),
]

/** Indices from here on are those of the dynamic table. */
export const FIRST_DYNAMIC_INDEX = 62

/** The lowest index with this name, or 0. */
export function staticIndexOf(name: string): number {
  return Math.max(0, STATIC_NAMES.indexOf(name))
}
