import type { Http2Stream } from '../http2/index.ts'
import { headerNames } from './header-name.ts'

const HOST = headerNames.of('host')

/**
 * Gives a request that came over HTTP/2 the form that the data path works with: `host` stands first among the fields, and an
 * extended CONNECT (RFC 8441) is the upgrade it stands for (RFC 9110 section 7.8).
 */
export function requestFromHttp2(stream: Http2Stream<unknown>): void {
  const { headers, authority, protocol } = stream
  if (authority !== '' || stream.method === 'CONNECT') {
    headers.names.unshift(HOST)
    headers.values.unshift(authority)
  }
  if (protocol !== '') {
    stream.method = 'GET'
    headers.append('upgrade', protocol)
    headers.append('connection', 'Upgrade')
  } else if (stream.method === 'CONNECT') {
    stream.path = authority
  }
}
