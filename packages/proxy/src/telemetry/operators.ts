import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { HeaderTable } from '../http/header-table.ts'
import { formatLongResponseFlags, formatResponseFlags } from '../http/response-flags.ts'
import type { Operator } from './formatter.ts'
import { METADATA_OPERATORS } from './metadata-operators.ts'
import { REQUEST_OPERATORS } from './request-operators.ts'
import type { StreamInfo } from './stream-info.ts'
import { TLS_OPERATORS } from './tls-operators.ts'
import { formatTime } from './format-time.ts'

const HOSTNAME = hostname()

type OperatorMaker = (argument: string) => Operator

/** Envoy's command operators by name. Each makes the operator for its argument. */
export const OPERATORS: Readonly<Record<string, OperatorMaker>> = {
  ...METADATA_OPERATORS,
  ...REQUEST_OPERATORS,
  ...TLS_OPERATORS,
  REQUEST_HEADER: argument => headerOf(info => info.requestHeaders, argument),
  RESPONSE_HEADER: argument => headerOf(info => info.responseHeaders, argument),
  RESPONSE_TRAILER: argument => headerOf(info => info.responseTrailers, argument),
  REQ: argument => headerOf(info => info.requestHeaders, argument),
  RESP: argument => headerOf(info => info.responseHeaders, argument),
  TRAILER: argument => headerOf(info => info.responseTrailers, argument),
  START_TIME: argument => info => formatTime(info.startTimeMs, argument),
  PROTOCOL: plain(info => orNull(info.protocol)),
  RESPONSE_CODE: plain(info => String(info.status)),
  RESPONSE_CODE_DETAILS: plain(info => orNull(info.details)),
  CONNECTION_TERMINATION_DETAILS: plain(() => null),
  LOCAL_REPLY_BODY: plain(info => info.localReplyBody),
  RESPONSE_FLAGS: plain(info => formatResponseFlags(info.flags)),
  UPSTREAM_TRANSPORT_FAILURE_REASON: plain(info => orNull(info.transportFailure)),
  BYTES_RECEIVED: plain(info => String(info.requestBytes)),
  BYTES_SENT: plain(info => String(info.responseBytes)),
  DURATION: plain(info => String(Math.floor(info.durationMs()))),
  REQUEST_DURATION: plain(info => time(info.requestDoneMs)),
  RESPONSE_DURATION: plain(info => time(info.responseHeadMs)),
  RESPONSE_TX_DURATION: plain(info => (info.responseHeadMs < 0 ? null : String(Math.floor(info.durationMs() - info.responseHeadMs)))),
  REQUEST_TX_DURATION: plain(info => time(info.requestDoneMs)),
  VIRTUAL_HOST_NAME: plain(info => orNull(info.route?.virtualHostName)),
  ROUTE_NAME: plain(info => orNull(info.route?.routeName)),
  VIRTUAL_CLUSTER_NAME: plain(() => null),
  UPSTREAM_CLUSTER: plain(info => orNull(info.clusterName)),
  UPSTREAM_CLUSTER_RAW: plain(info => orNull(info.clusterName)),
  UPSTREAM_HOST: plain(info => orNull(info.upstream?.address)),
  UPSTREAM_REMOTE_ADDRESS: plain(info => orNull(info.upstream?.address)),
  UPSTREAM_REMOTE_PORT: plain(info => (info.upstream === null ? null : String(info.upstream.port))),
  UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: plain(info => orNull(info.upstream?.host)),
  UPSTREAM_HOST_NAME: plain(info => orNull(info.upstream?.hostname || info.upstream?.address)),
  UPSTREAM_HOST_NAME_WITHOUT_PORT: plain(info => orNull(info.upstream?.hostname || info.upstream?.host)),
  ACCESS_LOG_TYPE: plain(info => (info.protocol === '' ? 'TcpConnectionEnd' : 'DownstreamEnd')),
  UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT: plain(info => orNull(splitAddress(info.upstreamLocalAddress)[0])),
  UPSTREAM_LOCAL_PORT: plain(info => orNull(splitAddress(info.upstreamLocalAddress)[1])),
  UPSTREAM_LOCAL_ADDRESS: plain(info => orNull(info.upstreamLocalAddress)),
  UPSTREAM_REQUEST_ATTEMPT_COUNT: plain(info => String(info.attempts)),
  DOWNSTREAM_REMOTE_ADDRESS: plain(info => address(info.remoteAddress, info.remotePort)),
  DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: plain(info => orNull(info.remoteAddress)),
  DOWNSTREAM_REMOTE_PORT: plain(info => String(info.remotePort)),
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS: plain(info => address(info.connection.remoteAddress, info.connection.remotePort)),
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT: plain(info => orNull(info.connection.remoteAddress)),
  DOWNSTREAM_DIRECT_REMOTE_PORT: plain(info => String(info.connection.remotePort)),
  DOWNSTREAM_DIRECT_LOCAL_ADDRESS: plain(info => address(info.connection.localAddress, info.connection.localPort)),
  DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT: plain(info => orNull(info.connection.localAddress)),
  DOWNSTREAM_DIRECT_LOCAL_PORT: plain(info => String(info.connection.localPort)),
  DOWNSTREAM_LOCAL_ADDRESS: plain(info => address(info.connection.localAddress, info.connection.localPort)),
  DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT: plain(info => orNull(info.connection.localAddress)),
  DOWNSTREAM_LOCAL_PORT: plain(info => String(info.connection.localPort)),
  CONNECTION_ID: plain(info => String(info.connection.id)),
  REQUESTED_SERVER_NAME: plain(info => orNull(info.connection.requestedServerName)),
  STREAM_ID: plain(info => orNull(info.requestId)),
  HOSTNAME: plain(() => HOSTNAME),
  ENVIRONMENT: name => {
    const value = orNull(process.env[name])
    return () => value
  },
  UNIQUE_ID: plain(() => randomUUID()),
  RESPONSE_FLAGS_LONG: plain(info => formatLongResponseFlags(info.flags)),
}

/** Names in JSON logs whose values are numbers there. */
export const NUMERIC_OPERATORS: ReadonlySet<string> = new Set([
  'RESPONSE_CODE',
  'BYTES_RECEIVED',
  'BYTES_SENT',
  'DURATION',
  'REQUEST_DURATION',
  'RESPONSE_DURATION',
  'RESPONSE_TX_DURATION',
  'UPSTREAM_REQUEST_ATTEMPT_COUNT',
  'CONNECTION_ID',
  'REQUEST_TX_DURATION',
  'REQUEST_HEADERS_BYTES',
  'RESPONSE_HEADERS_BYTES',
  'RESPONSE_TRAILERS_BYTES',
  'GRPC_STATUS_NUMBER',
  'DOWNSTREAM_REMOTE_PORT',
  'DOWNSTREAM_LOCAL_PORT',
  'DOWNSTREAM_DIRECT_REMOTE_PORT',
  'UPSTREAM_REMOTE_PORT',
  'UPSTREAM_LOCAL_PORT',
])

function plain(operator: Operator): OperatorMaker {
  return () => operator
}

/** `X-A?X-B`: the second name counts when the first is absent. Names with a colon are pseudo-headers. */
function headerOf(table: (info: StreamInfo) => HeaderTable | null, argument: string): Operator {
  const [first = '', second = ''] = argument.toLowerCase().split('?')
  return info => headerValue(table(info), first, info) ?? (second === '' ? null : headerValue(table(info), second, info))
}

function headerValue(headers: HeaderTable | null, name: string, info: StreamInfo): string | null {
  switch (name) {
    case ':method':
      return orNull(info.method)
    case ':path':
      return orNull(info.path)
    case ':authority':
    case 'host':
      return orNull(info.authority)
    case ':scheme':
      return orNull(info.scheme)
    case ':status':
      return String(info.status)
    default:
      return headers?.getJoined(name) ?? null
  }
}

function orNull(text: string | undefined): string | null {
  return text === undefined || text === '' ? null : text
}

/** Host and port of `10.0.0.1:80` or `[::1]:80`. */
function splitAddress(text: string): readonly [string, string] {
  const colon = text.lastIndexOf(':')
  return colon < 0 ? [text, ''] : [text.slice(0, colon).replaceAll(/[[\]]/g, ''), text.slice(colon + 1)]
}

function time(ms: number): string | null {
  return ms < 0 ? null : String(Math.floor(ms))
}

function address(host: string, port: number): string | null {
  if (host === '') return null
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
