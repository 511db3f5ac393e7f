import { expect, test } from 'vitest'
import { HeaderTable } from '../http/header-table.ts'
import { ResponseFlag } from '../http/response-flags.ts'
import { compileFormatter } from './formatter.ts'
import { formatTime } from './format-time.ts'
import type { StreamInfo } from './stream-info.ts'

function info(over: Partial<StreamInfo> = {}): StreamInfo {
  const requestHeaders = new HeaderTable()
  requestHeaders.append('User-Agent', 'curl')
  requestHeaders.append('x-many', '1')
  requestHeaders.append('X-Many', '2')
  return {
    connection: {
      id: 7,
      remoteAddress: '10.0.0.1',
      remotePort: 4000,
      localAddress: '::1',
      localPort: 80,
      originalDestination: null,
      isTls: false,
      requestedServerName: '',
      peer: null,
      localUriSan: '',
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
    },
    protocol: 'HTTP/1.1',
    method: 'GET',
    path: '/p?q',
    authority: 'a.test',
    scheme: 'http',
    requestId: 'id',
    requestHeaders,
    responseHeaders: null,
    responseTrailers: null,
    status: 503,
    flags: ResponseFlag.noHealthyUpstream | ResponseFlag.upstreamRetryLimitExceeded,
    details: 'no_healthy_upstream',
    transportFailure: '',
    route: null,
    clusterName: 'outbound|80||a',
    upstream: null,
    upstreamLocalAddress: '',
    upstreamConnection: null,
    span: null,
    requestTotalBytes: 3,
    responseTotalBytes: 4,
    requestBytes: 1,
    responseBytes: 2,
    startTimeMs: Date.UTC(2026, 10, 23, 7, 8, 9, 45),
    requestDoneMs: 1.7,
    responseHeadMs: -1,
    durationMs: () => 12.9,
    attempts: 1,
    localReplyBody: '',
    healthCheck: false,
    remoteAddress: '10.0.0.1',
    remotePort: 4000,
    dynamicMetadata: name => (name === 'f' ? { a: { b: 'v', n: 1 } } : null),
    clusterMetadata: () => ({ c: { x: true } }),
    ...over,
  }
}

test.each([
  ['%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%', 'GET /p?q HTTP/1.1'],
  ['%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%', '503 URX,UH no_healthy_upstream'],
  ['%REQ(USER-AGENT):2% %REQ(X-MANY)% %REQ(NONE)% %RESP(X)%', 'cu 1,2 - -'],
  ['%DURATION% %REQUEST_DURATION% %RESPONSE_DURATION%', '12 1 -'],
  ['%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %UPSTREAM_HOST%', '10.0.0.1:4000 [::1]:80 -'],
  ['%DYNAMIC_METADATA(f:a:b)% %DYNAMIC_METADATA(["f", "a"])% %DYNAMIC_METADATA(f:no)%', 'v {"b":"v","n":1} -'],
  ['%CLUSTER_METADATA(c:x)% %METADATA(CLUSTER:c:x)% %UPSTREAM_METADATA(a:b)% %FILTER_STATE(a)%', 'true true - -'],
  ['%PATH(NQ)% %QUERY_PARAM(q)% %QUERY_PARAMS% %REQUEST_HEADER(USER-AGENT)%', '/p - q curl'],
  ['%START_TIME%', '2026-11-23T07:08:09.045Z'],
  ['%START_TIME(%Y/%m/%dT%H:%M:%S%z %s.%3f)%', '2026/11/23T07:08:09+0000 1795417689.045'],
  ['100%% %REQ(X-MANY)%%PROTOCOL%', '100% 1,2HTTP/1.1'],
])('%s', (template, expected) => {
  expect(compileFormatter(template).format(info(), '-')).toBe(expected)
})

test.each([
  ['%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(7)% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(99)%', '10.0.0.0/7 10.0.0.1/32'],
  ['%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT(64)% %DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT(x)%', '::/64 ::1'],
  ['%QUERY_PARAMS(DECODED)% %QUERY_PARAM(a)%', 'a=A%20&b=xzz&d=& A '],
  ['%COMMON_DURATION(DS_RX_BEG:DS_RX_END:us)% %COMMON_DURATION(DS_RX_BEG:mine)%', '1700 -'],
  ['%REQUESTED_SERVER_NAME% %REQUESTED_SERVER_NAME(SNI_FIRST)% %REQUESTED_SERVER_NAME(HOST_FIRST:ORIG)%', '- a.test -'],
  ['%REQUEST_HEADERS_BYTES% %BYTES_RETRANSMITTED% %DOWNSTREAM_WIRE_BYTES_SENT%', '84 0 4'],
  ['%UPSTREAM_TLS_VERSION% %TRACE_ID% %UPSTREAM_PROTOCOL% %ENVIRONMENT(NO_SUCH_THING)%', '- - - -'],
])('%s as Envoy 1.40 prints it', (template, expected) => {
  expect(compileFormatter(template).format(info({ path: '/p?a=%41%20&b=x%zz&d=%26' }), '-')).toBe(expected)
})

test('time is UTC', () => {
  expect(formatTime(0, '%a %e %b %F %T %Z')).toBe('Thu  1 Jan 1970-01-01 00:00:00 UTC')
})

test('the status of gRPC is printed for gRPC requests only', () => {
  const requestHeaders = new HeaderTable()
  requestHeaders.append('content-type', 'application/grpc')
  const responseTrailers = new HeaderTable()
  responseTrailers.append('grpc-status', '5')
  const template = compileFormatter('%GRPC_STATUS% %GRPC_STATUS(SNAKE_STRING)% %GRPC_STATUS_NUMBER%')
  expect(template.format(info({ requestHeaders, responseTrailers }), '-')).toBe('NotFound NOT_FOUND 5')
  expect(template.format(info({ responseTrailers }), '-')).toBe('- - -')
})
