import { bagOf, formatIpText, stringMap } from '@meshwork/core/attributes'
import { expect, it } from 'vitest'

import { HeaderTable } from '../../http/header-table.ts'
import { decodeForwarded, forwardHeader } from './config.ts'
import { HeaderMap } from './header-map.ts'
import { RequestBag, type RequestFacts } from './request-bag.ts'

function streamOf(headers: HeaderTable): RequestFacts {
  const connection = {
    id: 1,
    remoteAddress: '127.0.0.1',
    remotePort: 5,
    localAddress: '127.0.0.1',
    localPort: 80,
    originalDestination: null,
    isTls: true,
    requestedServerName: 'outbound_.80_._.b',
    peer: {
      uriSans: ['spiffe://cluster.local/ns/a/sa/b'],
      dnsSans: [],
      subject: '',
      issuer: '',
      serialNumber: '',
      sha256: '',
      validFromMs: 0,
      validToMs: 0,
      raw: Buffer.alloc(0),
    },
    localUriSan: 'spiffe://cluster.local/ns/c/sa/d',
    tls: null,
    proxyTlvs: [],
    onwardMark: null,
    directRemoteAddress: '',
    directRemotePort: 0,
    filterChainName: '',
    closeDetails: '',
    transportFailure: '',
    peerValidated: true,
    alpn: '',
    metadata: {},
  }
  return { method: 'GET', path: '/p?q=1', authority: 'b', scheme: 'http', requestHeaders: headers, startTimeMs: 1000, connection }
}

it('reads attributes from the traffic before those that proxies and configuration state', () => {
  const headers = new HeaderTable()
  headers.append('Host', 'b')
  headers.append('X-A', '1')
  headers.append('x-a', '2')
  headers.append('x-istio-attributes', 'secret')
  headers.append('content-type', 'application/grpc+json')
  const layers = [bagOf({ 'source.uid': 'forwarded' }), bagOf({ 'source.uid': 'static', 'request.path': '/lie' })]
  const bag = new RequestBag(streamOf(headers), layers)
  const expected: Record<string, unknown> = {
    'request.path': '/p?q=1',
    'source.uid': 'forwarded',
    'context.protocol': 'grpc',
    'connection.mtls': true,
    'source.principal': 'cluster.local/ns/a/sa/b',
    'destination.principal': 'cluster.local/ns/c/sa/d',
    'connection.requested_server_name': 'outbound_.80_._.b',
  }
  for (const [name, value] of Object.entries(expected)) expect(bag.get(name), name).toEqual(value)
  const ip = bag.get('origin.ip')
  expect(ip instanceof Uint8Array ? formatIpText(ip) : ip).toBe('127.0.0.1')
  expect([...bag.names()].toSorted()).toContain('request.headers')
  expect(bag.get('request.referer')).toBeUndefined()
})

it('shows headers by lower-case name, lines joined, without what proxies tell each other', () => {
  const headers = new HeaderTable()
  headers.append('Host', 'b')
  headers.append('X-A', '1')
  headers.append('x-a', '2')
  headers.append('x-istio-attributes', 'secret')
  const map = new HeaderMap(headers, new Map([[':path', '/']]))
  expect([...map.entries()]).toEqual([
    [':path', '/'],
    ['x-a', '1,2'],
  ])
  expect(map.get('x-istio-attributes')).toBeUndefined()
})

it('carries attributes to the next proxy, the route before the filter', () => {
  const header = forwardHeader(
    bagOf({ 'source.uid': 'filter', a: 1n }),
    bagOf({ 'source.uid': 'route', labels: stringMap(new Map([['k', 'v']])) }),
  )
  const read = decodeForwarded(header)
  expect([read?.get('source.uid'), read?.get('a')]).toEqual(['route', 1n])
  expect(forwardHeader(bagOf({}), bagOf({}))).toBe('')
  expect(decodeForwarded('//8=')).toBeNull()
})
