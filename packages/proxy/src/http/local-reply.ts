import type { PoolFailure } from '../upstream/connection-pool.ts'
import type { ExchangeFailure } from '../upstream/exchange.ts'
import { HEADER_IDS } from './header-name.ts'
import { HeaderTable } from './header-table.ts'
import { ResponseFlag } from './response-flags.ts'

/** An answer of our own for a failure: status, body, flag and details as Envoy gives them. */
export interface LocalReply {
  readonly status: number
  readonly body: string
  readonly flags: number
  readonly details: string
  /** Where a client that follows redirects goes. */
  readonly location?: string
}

type LocalReplyName =
  | 'routeNotFound'
  | 'clusterNotFound'
  | 'noHealthyUpstream'
  | 'dropOverload'
  | 'unconditionalDrop'
  | 'requestTimeout'
  | 'altTimeout'
  | 'upstreamDuration'
  | 'perTryTimeout'
  | 'perTryIdleTimeout'
  | 'streamIdleTimeout'
  | 'durationTimeout'
  | 'missingHost'
  | 'badHost'
  | 'missingPath'
  | 'badPath'
  | 'upgradeNotEnabled'
  | 'oldVersion'
  | 'headTimeout'
  | 'wholeRequestTimeout'
  | 'upgradeWithBody'
  | 'requestTooLarge'
  | 'responseTooLarge'

/** The one place where failures of the data path become statuses. */
export const LOCAL_REPLIES: Readonly<Record<LocalReplyName, LocalReply>> = {
  routeNotFound: reply(404, '', ResponseFlag.noRouteFound, 'route_not_found'),
  clusterNotFound: reply(503, '', ResponseFlag.noClusterFound, 'cluster_not_found'),
  noHealthyUpstream: reply(503, 'no healthy upstream', ResponseFlag.noHealthyUpstream, 'no_healthy_upstream'),
  dropOverload: reply(503, 'drop overload', ResponseFlag.dropOverload, 'drop_overload'),
  unconditionalDrop: reply(503, 'unconditional drop overload', ResponseFlag.unconditionalDropOverload, 'unconditional_drop_overload'),
  requestTimeout: reply(504, 'upstream request timeout', ResponseFlag.upstreamRequestTimeout, 'response_timeout'),
  // `x-envoy-upstream-rq-timeout-alt-response`
  altTimeout: reply(204, '', ResponseFlag.upstreamRequestTimeout, 'response_timeout'),
  upstreamDuration: reply(
    504,
    'upstream max stream duration reached',
    ResponseFlag.upstreamMaxStreamDuration,
    'upstream_max_stream_duration_reached',
  ),
  perTryTimeout: reply(504, 'upstream request timeout', ResponseFlag.upstreamRequestTimeout, 'upstream_per_try_timeout'),
  perTryIdleTimeout: reply(504, 'upstream request timeout', ResponseFlag.upstreamRequestTimeout, 'upstream_per_try_idle_timeout'),
  streamIdleTimeout: reply(408, 'stream timeout', ResponseFlag.streamIdleTimeout, 'stream_idle_timeout'),
  durationTimeout: reply(408, 'downstream duration timeout', ResponseFlag.none, 'max_duration_timeout'),
  missingHost: reply(400, '', ResponseFlag.none, 'missing_host_header'),
  badHost: reply(400, 'Bad Request', ResponseFlag.none, 'http1.codec_error'),
  missingPath: reply(400, 'Bad Request', ResponseFlag.none, 'missing_path_rejected'),
  badPath: reply(400, '', ResponseFlag.none, 'path_normalization_failed'),
  upgradeNotEnabled: reply(403, '', ResponseFlag.none, 'upgrade_failed'),
  oldVersion: reply(426, 'Upgrade Required', ResponseFlag.none, 'low_version'),
  upgradeWithBody: reply(400, 'Bad Request', ResponseFlag.none, 'upgrade_with_body'),
  wholeRequestTimeout: reply(408, 'request timeout', ResponseFlag.none, 'request_overall_timeout'),
  headTimeout: reply(408, 'request header timeout', ResponseFlag.none, 'request_header_timeout'),
  requestTooLarge: reply(413, 'Payload Too Large', ResponseFlag.none, 'request_payload_too_large'),
  responseTooLarge: reply(500, 'Internal Server Error', ResponseFlag.none, 'response_payload_too_large'),
}

/** What an attempt may exceed: its own time, the upstream's silence, the length of its stream. */
export const ATTEMPT_TIMEOUTS: Readonly<Record<'try' | 'idle' | 'duration', LocalReply>> = {
  try: LOCAL_REPLIES.perTryTimeout,
  idle: LOCAL_REPLIES.perTryIdleTimeout,
  duration: LOCAL_REPLIES.upstreamDuration,
}

type ResetReason = PoolFailure | ExchangeFailure

const RESETS: Readonly<
  Record<ResetReason, { readonly status: number; readonly reason: string; readonly flags: number; readonly code: string }>
> = {
  overflow: { status: 503, reason: 'overflow', flags: ResponseFlag.upstreamOverflow, code: 'overflow' },
  'connection-failure': {
    status: 503,
    reason: 'remote connection failure',
    flags: ResponseFlag.upstreamConnectionFailure,
    code: 'remote_connection_failure',
  },
  'connection-timeout': {
    status: 503,
    reason: 'connection timeout',
    flags: ResponseFlag.upstreamConnectionFailure,
    code: 'connection_timeout',
  },
  'connection-termination': {
    status: 503,
    reason: 'connection termination',
    flags: ResponseFlag.upstreamConnectionTermination,
    code: 'connection_termination',
  },
  'protocol-error': { status: 502, reason: 'protocol error', flags: ResponseFlag.upstreamProtocolError, code: 'protocol_error' },
  'remote-reset': { status: 503, reason: 'remote reset', flags: ResponseFlag.upstreamRemoteReset, code: 'remote_reset' },
  'remote-refused': {
    status: 503,
    reason: 'remote refused stream reset',
    flags: ResponseFlag.upstreamRemoteReset,
    code: 'remote_refused_stream_reset',
  },
  'connect-error': {
    status: 503,
    reason: 'remote error with CONNECT request',
    flags: ResponseFlag.upstreamRemoteReset,
    code: 'remote_error_with_CONNECT_request',
  },
}

/** What is written down when the upstream failed within a response, which then cannot be completed. */
export function brokenResponse(reason: ResetReason): { readonly flags: number; readonly details: string } {
  const { flags, code } = RESETS[reason]
  return { flags, details: `upstream_reset_after_response_started{${code}}` }
}

/** The answer when the upstream failed before a response. `transport`: why the connection could not be made, for logs only. */
export function upstreamReset(reason: ResetReason, transport: string, retried: boolean): LocalReply {
  const { status, reason: words, flags, code } = RESETS[reason]
  const latest = retried ? 'retried and the latest reset reason' : 'reset reason'
  const details = transport === '' ? code : `${code}|${transport}`
  return {
    status,
    body: `upstream connect error or disconnect/reset before headers. ${latest}: ${words}`,
    flags,
    details: `upstream_reset_before_response_started{${details.replaceAll(' ', '_')}}`,
  }
}

function reply(status: number, body: string, flags: number, details: string): LocalReply {
  return { status, body, flags, details }
}

/** The client is to ask for the path without escaped slashes (`UNESCAPE_AND_REDIRECT`). */
export function pathRedirect(path: string): LocalReply {
  return { status: 307, body: '', flags: ResponseFlag.none, details: 'path_normalization_failed', location: path }
}

/** Original IP detection found no address and refuses the request. */
export function rejectedAddress(status: number): LocalReply {
  return reply(status, '', ResponseFlag.none, 'rejecting_because_detection_failed')
}

/** The fields of an answer of our own. Its length, told first of all, is known only when the body has its last form. */
export function localReplyHeaders(hasBody: boolean, more: readonly (readonly [string, string])[]): HeaderTable {
  const table = new HeaderTable()
  if (hasBody) {
    table.append('content-length', '')
    table.append('content-type', 'text/plain')
  }
  for (const [name, value] of more) table.set(name, value)
  return table
}

/** An answer without body has no length here: where one must be written, the connection does it (204 and 304: RFC 9110 8.6). */
export function setReplyLength(headers: HeaderTable, status: number, size: number): void {
  if (size === 0) headers.removeId(HEADER_IDS['content-type'])
  if (size > 0 && status !== 204 && status !== 304) headers.set('content-length', String(size))
  else headers.removeId(HEADER_IDS['content-length'])
}
