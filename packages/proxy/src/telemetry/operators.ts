import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { HeaderTable } from '../http/header-table.ts'
import { formatLongResponseFlags, formatResponseFlags } from '../http/response-flags.ts'
import { ADDRESS_OPERATORS } from './address-operators.ts'
import { DURATION_OPERATORS } from './duration-operators.ts'
import type { Operator } from './formatter.ts'
import { METADATA_OPERATORS } from './metadata-operators.ts'
import { REQUEST_OPERATORS } from './request-operators.ts'
import type { StreamInfo } from './stream-info.ts'
import { TLS_OPERATORS } from './tls-operators.ts'
import { formatTime } from './format-time.ts'

const HOSTNAME = hostname()
const WHITESPACE = /\s/g

type OperatorMaker = (argument: string) => Operator

/** Envoy's command operators by name. Each makes the operator for its argument. */
export const OPERATORS: Readonly<Record<string, OperatorMaker>> = {
  ...METADATA_OPERATORS,
  ...REQUEST_OPERATORS,
  ...TLS_OPERATORS,
  ...ADDRESS_OPERATORS,
  ...DURATION_OPERATORS,
  START_TIME: argument => info => formatTime(info.startTimeMs, argument),
  START_TIME_LOCAL: argument => info => formatTime(info.startTimeMs, argument, 'local'),
  EMIT_TIME: argument => info => formatTime(info.startTimeMs + info.durationMs(), argument),
  EMIT_TIME_LOCAL: argument => info => formatTime(info.startTimeMs + info.durationMs(), argument, 'local'),
  REQUEST_HEADER: argument => headerOf(info => info.requestHeaders, argument),
  RESPONSE_HEADER: argument => headerOf(info => info.responseHeaders, argument),
  RESPONSE_TRAILER: argument => headerOf(info => info.responseTrailers, argument),
  REQ: argument => headerOf(info => info.requestHeaders, argument),
  RESP: argument => headerOf(info => info.responseHeaders, argument),
  TRAILER: argument => headerOf(info => info.responseTrailers, argument),
  PROTOCOL: plain(info => orNull(info.protocol)),
  RESPONSE_CODE: plain(info => String(info.status)),
  RESPONSE_CODE_DETAILS: argument => {
    if (argument === 'ALLOW_WHITESPACES') return info => orNull(info.details)
    return info => orNull(info.details.replaceAll(WHITESPACE, '_'))
  },
  FILTER_CHAIN_NAME: plain(info => orNull(info.connection.filterChainName)),
  CONNECTION_TERMINATION_DETAILS: plain(info => orNull(info.connection.closeDetails)),
  LOCAL_REPLY_BODY: plain(info => info.localReplyBody),
  RESPONSE_FLAGS: plain(info => formatResponseFlags(info.flags, info.protocol !== '')),
  UPSTREAM_TRANSPORT_FAILURE_REASON: plain(info => orNull(info.transportFailure.replaceAll(' ', '_'))),
  BYTES_RECEIVED: plain(info => String(info.requestBytes)),
  BYTES_SENT: plain(info => String(info.responseBytes)),
  ROUTE_NAME: plain(info => orNull(info.route?.routeName)),
  VIRTUAL_CLUSTER_NAME: plain(() => null),
  UPSTREAM_PROTOCOL: plain(info => orNull(info.upstreamConnection?.protocol)),
  UPSTREAM_CONNECTION_ID: plain(info => String(info.upstreamConnection?.id ?? 0)),
  DOWNSTREAM_WIRE_BYTES_RECEIVED: plain(info => String(info.requestTotalBytes)),
  DOWNSTREAM_WIRE_BYTES_SENT: plain(info => String(info.responseTotalBytes)),
  // Of QUIC only.
  BYTES_RETRANSMITTED: plain(() => '0'),
  PACKETS_RETRANSMITTED: plain(() => '0'),
  TRACE_ID: plain(info => orNull(info.span?.context.traceId)),
  SPAN_ID: plain(info => orNull(info.span?.context.spanId)),
  DOWNSTREAM_TRANSPORT_FAILURE_REASON: plain(info => orNull(info.connection.transportFailure)),
  REQUESTED_SERVER_NAME: serverName,
  UPSTREAM_CLUSTER: plain(info => orNull(info.clusterName)),
  UPSTREAM_CLUSTER_RAW: plain(info => orNull(info.clusterName)),
  ACCESS_LOG_TYPE: plain(info => info.logType ?? (info.protocol === '' ? 'TcpConnectionEnd' : 'DownstreamEnd')),
  UPSTREAM_REQUEST_ATTEMPT_COUNT: plain(info => String(info.attempts)),
  CONNECTION_ID: plain(info => String(info.connection.id)),
  STREAM_ID: plain(info => orNull(info.requestId)),
  HOSTNAME: plain(() => HOSTNAME),
  ENVIRONMENT: name => {
    // Not absent but a dash, in JSON too.
    const value = process.env[name] || '-'
    return () => value
  },
  UNIQUE_ID: plain(() => randomUUID()),
  RESPONSE_FLAGS_LONG: plain(info => formatLongResponseFlags(info.flags, info.protocol !== '')),
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
  'COMMON_DURATION',
  'UPSTREAM_CONNECTION_ID',
  'DOWNSTREAM_WIRE_BYTES_RECEIVED',
  'DOWNSTREAM_WIRE_BYTES_SENT',
  'BYTES_RETRANSMITTED',
  'PACKETS_RETRANSMITTED',
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

/** `SNI_ONLY|SNI_FIRST|HOST_FIRST:ORIG_OR_HOST|HOST|ORIG`. */
function serverName(argument: string): Operator {
  const [order = '', which = ''] = argument.split(':')
  const sni = (info: StreamInfo): string | null => orNull(info.connection.requestedServerName)
  if (order === 'SNI_FIRST') return info => sni(info) ?? requestHost(info, which)
  if (order === 'HOST_FIRST') return info => requestHost(info, which) ?? sni(info)
  return sni
}

function requestHost(info: StreamInfo, which: string): string | null {
  const original = which === 'HOST' ? null : (info.requestHeaders?.get('x-envoy-original-host') ?? null)
  const host = which === 'ORIG' ? original : (original ?? info.authority)
  return host === null ? null : orNull(host)
}

function orNull(text: string | undefined): string | null {
  return text === undefined || text === '' ? null : text
}
