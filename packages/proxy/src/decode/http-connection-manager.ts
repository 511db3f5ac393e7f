import {
  type HttpProtocolOptions,
  HttpProtocolOptions_HeadersWithUnderscoresAction as Underscores,
} from '@meshwork/protos/envoy/config/core/v3/protocol'
import {
  HttpConnectionManager,
  HttpConnectionManager_CodecType,
  HttpConnectionManager_ForwardClientCertDetails as CertDetails,
  HttpConnectionManager_PathWithEscapedSlashesAction as Slashes,
  HttpConnectionManager_ServerHeaderTransformation as ServerHeader,
} from '@meshwork/protos/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager'
import { UuidRequestIdConfig } from '@meshwork/protos/envoy/extensions/request_id/uuid/v3/uuid'
import type { HttpConnectionManagerConfig } from '../model/http-connection-manager.ts'
import { decodeAccessLogs } from './access-log.ts'
import { decodeClientAddress } from './client-address.ts'
import { decodeEarlyMutations } from './early-mutations.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import type { FilterCatalog } from './filter-codec.ts'
import { decodeHttp2Options } from './http2-options.ts'
import { decodeHttp1ServerOptions } from './http1-options.ts'
import { decodeHttpFilters } from './http-filters.ts'
import { decodeLocalReplies } from './local-reply.ts'
import type { Report } from './report.ts'
import { decodeRouteTable } from './route-table.ts'
import { decodeScopedRoutes } from './scoped-routes.ts'
import { durationMs, required } from './scalars.ts'
import { decodeTracing } from './tracing.ts'
import { unpack } from './unpack.ts'

const FIELDS: FieldPolicy<HttpConnectionManager> = {
  read: [
    'codecType',
    'statPrefix',
    'routeSpecifier',
    'httpFilters',
    'accessLog',
    'commonHttpProtocolOptions',
    'httpProtocolOptions',
    'http2ProtocolOptions',
    'streamErrorOnInvalidHttpMessage',
    'serverName',
    'serverHeaderTransformation',
    'schemeHeaderTransformation',
    'via',
    'addUserAgent',
    'maxRequestHeadersKb',
    'streamIdleTimeout',
    'requestTimeout',
    'requestHeadersTimeout',
    'tracing',
    'drainTimeout',
    'delayedCloseTimeout',
    'useRemoteAddress',
    'xffNumTrustedHops',
    'skipXffAppend',
    'internalAddressConfig',
    'originalIpDetectionExtensions',
    'appendXForwardedPort',
    'earlyHeaderMutationExtensions',
    'generateRequestId',
    'preserveExternalRequestId',
    'alwaysSetRequestIdInResponse',
    'requestIdExtension',
    'forwardClientCertDetails',
    'setCurrentClientCertDetails',
    'localReplyConfig',
    'upgradeConfigs',
    'proxy100Continue',
    'normalizePath',
    'mergeSlashes',
    'pathWithEscapedSlashesAction',
    'stripMatchingHostPort',
    'stripPortMode',
    'stripTrailingHostDot',
  ],
  harmless: [
    // Telemetry.
    'accessLogFlushInterval',
    'flushAccessLogOnNewRequest',
    'accessLogOptions',
    'proxyStatusConfig',
    // Our addresses are IPv4 wherever the client's is; only the form in logs of other programs would change.
    'representIpv4RemoteAddressAsIpv4MappedIpv6',
    'typedHeaderValidationConfig',
    'appendLocalOverload',
  ],
}

const COMMON_FIELDS: FieldPolicy<HttpProtocolOptions> = {
  read: [
    'idleTimeout',
    'maxConnectionDuration',
    'maxHeadersCount',
    'maxStreamDuration',
    'headersWithUnderscoresAction',
    'maxRequestsPerConnection',
  ],
  harmless: [],
}

/** Defaults of HttpConnectionManager and HttpProtocolOptions. */
const DEFAULT_STREAM_IDLE_MS = 300_000
const DEFAULT_IDLE_MS = 3_600_000
const DEFAULT_DRAIN_MS = 5000
const DEFAULT_DELAYED_CLOSE_MS = 1000
const DEFAULT_HEADERS_KB = 60
/** HttpConnectionManager.max_request_headers_kb: at most 8 MB. */
const MAX_HEADERS_KB = 8192
const DEFAULT_HEADERS_COUNT = 100

const CERT_DETAILS: ReadonlyMap<number, HttpConnectionManagerConfig['forwardClientCert']> = new Map([
  [CertDetails.SANITIZE, 'sanitize'],
  [CertDetails.FORWARD_ONLY, 'forward-only'],
  [CertDetails.APPEND_FORWARD, 'append-forward'],
  [CertDetails.SANITIZE_SET, 'sanitize-set'],
  [CertDetails.ALWAYS_FORWARD_ONLY, 'always-forward-only'],
])
const SERVER_HEADERS: ReadonlyMap<number, HttpConnectionManagerConfig['serverHeader']> = new Map([
  [ServerHeader.OVERWRITE, 'overwrite'],
  [ServerHeader.APPEND_IF_ABSENT, 'append-if-absent'],
  [ServerHeader.PASS_THROUGH, 'pass-through'],
])
const ESCAPED_SLASHES: ReadonlyMap<number, HttpConnectionManagerConfig['escapedSlashes']> = new Map([
  [Slashes.IMPLEMENTATION_SPECIFIC_DEFAULT, 'keep'],
  [Slashes.KEEP_UNCHANGED, 'keep'],
  [Slashes.REJECT_REQUEST, 'reject'],
  [Slashes.UNESCAPE_AND_REDIRECT, 'redirect'],
  [Slashes.UNESCAPE_AND_FORWARD, 'forward'],
])
const UNDERSCORES: ReadonlyMap<number, HttpConnectionManagerConfig['headersWithUnderscores']> = new Map([
  [Underscores.ALLOW, 'allow'],
  [Underscores.REJECT_REQUEST, 'reject'],
  [Underscores.DROP_HEADER, 'drop'],
])

const CODECS: ReadonlyMap<number, HttpConnectionManagerConfig['codec']> = new Map([
  [HttpConnectionManager_CodecType.HTTP1, 'http1'],
  [HttpConnectionManager_CodecType.HTTP2, 'http2'],
])

export function decodeHttpConnectionManager(bytes: Uint8Array, filters: FilterCatalog, report: Report): HttpConnectionManagerConfig {
  const manager = HttpConnectionManager.decode(bytes)
  refuseOtherFields(manager, FIELDS, report)
  if (manager.codecType === HttpConnectionManager_CodecType.HTTP3)
    report.at('codec_type').refuse('unsupported-protocol', 'HTTP/3 is not supported')
  const http1 = report.at('http_protocol_options')
  return {
    kind: 'http-connection-manager',
    statPrefix: manager.statPrefix,
    routes: decodeRoutes(manager.routeSpecifier, filters, report),
    httpFilters: decodeHttpFilters(manager.httpFilters, filters, report.at('http_filters')),
    accessLog: decodeAccessLogs(manager.accessLog, report),
    tracing: decodeTracing(manager.tracing, report.at('tracing')),
    localReplies: decodeLocalReplies(manager.localReplyConfig, report.at('local_reply_config')),
    earlyMutations: decodeEarlyMutations(manager.earlyHeaderMutationExtensions, report.at('early_header_mutation_extensions')),
    upgrades: decodeUpgrades(manager, report.at('upgrade_configs')),
    proxy100Continue: manager.proxy100Continue,
    http1: decodeHttp1ServerOptions(manager.httpProtocolOptions, manager.streamErrorOnInvalidHttpMessage ?? false, http1),
    codec: CODECS.get(manager.codecType) ?? 'auto',
    http2: decodeHttp2Options(manager.http2ProtocolOptions, report.at('http2_protocol_options')),
    ...decodeClientAddress(manager, report),
    ...decodeIdentity(manager, report),
    ...decodeTimeouts(manager, report),
    ...decodeLimits(manager, report),
    ...decodeTarget(manager, report),
  }
}

type Part<K extends keyof HttpConnectionManagerConfig> = Pick<HttpConnectionManagerConfig, K>

/** What requests and responses say about the proxy, the client and themselves. */
function decodeIdentity(
  manager: HttpConnectionManager,
  report: Report,
): Part<
  | 'serverName'
  | 'serverHeader'
  | 'via'
  | 'addUserAgent'
  | 'schemeOverwrite'
  | 'generateRequestId'
  | 'preserveExternalRequestId'
  | 'requestIdInResponse'
  | 'forwardClientCert'
  | 'clientCertDetails'
> {
  const { requestIdExtension, setCurrentClientCertDetails: details } = manager
  if (requestIdExtension?.typedConfig !== undefined)
    unpack(requestIdExtension.typedConfig, UUID_REQUEST_ID, UuidRequestIdConfig, report.at('request_id_extension', 'typed_config'))
  if (details?.chain === true)
    report.at('set_current_client_cert_details', 'chain').refuse('unsupported-field', 'is not supported: the leaf certificate can be told')
  return {
    serverName: manager.serverName === '' ? 'envoy' : manager.serverName,
    serverHeader: oneOf(SERVER_HEADERS, manager.serverHeaderTransformation, 'overwrite', report.at('server_header_transformation')),
    via: manager.via,
    addUserAgent: manager.addUserAgent ?? false,
    schemeOverwrite: decodeScheme(manager, report.at('scheme_header_transformation')),
    generateRequestId: manager.generateRequestId ?? true,
    preserveExternalRequestId: manager.preserveExternalRequestId,
    requestIdInResponse: manager.alwaysSetRequestIdInResponse,
    forwardClientCert: oneOf(CERT_DETAILS, manager.forwardClientCertDetails, 'sanitize', report.at('forward_client_cert_details')),
    clientCertDetails: {
      subject: details?.subject ?? false,
      cert: details?.cert ?? false,
      dns: details?.dns ?? false,
      uri: details?.uri ?? false,
    },
  }
}

const UUID_REQUEST_ID = 'type.googleapis.com/envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig'

function decodeScheme({ schemeHeaderTransformation: scheme }: HttpConnectionManager, report: Report): 'http' | 'https' | null {
  if (scheme?.matchUpstream === true) report.at('match_upstream').refuse('unsupported-field', 'is not supported')
  const value = scheme?.transformation?.value
  if (value === undefined || value === 'http' || value === 'https') return value ?? null
  report.at('scheme_to_overwrite').refuse('unknown-value', `'${value}' is neither http nor https`)
  return null
}

function decodeTimeouts(
  manager: HttpConnectionManager,
  report: Report,
): Part<
  | 'streamIdleTimeoutMs'
  | 'requestTimeoutMs'
  | 'requestHeadersTimeoutMs'
  | 'maxStreamDurationMs'
  | 'idleTimeoutMs'
  | 'maxConnectionDurationMs'
  | 'drainTimeoutMs'
  | 'delayedCloseTimeoutMs'
> {
  const common = manager.commonHttpProtocolOptions
  const inner = report.at('common_http_protocol_options')
  return {
    streamIdleTimeoutMs: durationMs(manager.streamIdleTimeout, DEFAULT_STREAM_IDLE_MS, report.at('stream_idle_timeout')),
    requestTimeoutMs: durationMs(manager.requestTimeout, 0, report.at('request_timeout')),
    requestHeadersTimeoutMs: durationMs(manager.requestHeadersTimeout, 0, report.at('request_headers_timeout')),
    maxStreamDurationMs: durationMs(common?.maxStreamDuration, 0, inner.at('max_stream_duration')),
    idleTimeoutMs: durationMs(common?.idleTimeout, DEFAULT_IDLE_MS, inner.at('idle_timeout')),
    maxConnectionDurationMs: durationMs(common?.maxConnectionDuration, 0, inner.at('max_connection_duration')),
    drainTimeoutMs: durationMs(manager.drainTimeout, DEFAULT_DRAIN_MS, report.at('drain_timeout')),
    delayedCloseTimeoutMs: durationMs(manager.delayedCloseTimeout, DEFAULT_DELAYED_CLOSE_MS, report.at('delayed_close_timeout')),
  }
}

function decodeLimits(
  manager: HttpConnectionManager,
  report: Report,
): Part<'maxRequestsPerConnection' | 'maxRequestHeadersBytes' | 'maxRequestHeadersCount' | 'headersWithUnderscores'> {
  const common = manager.commonHttpProtocolOptions
  const inner = report.at('common_http_protocol_options')
  if (common !== undefined) refuseOtherFields(common, COMMON_FIELDS, inner)
  const kb = manager.maxRequestHeadersKb ?? DEFAULT_HEADERS_KB
  if (kb < 1 || kb > MAX_HEADERS_KB) report.at('max_request_headers_kb').refuse('out-of-range', `must be between 1 and ${MAX_HEADERS_KB}`)
  const count = common?.maxHeadersCount ?? DEFAULT_HEADERS_COUNT
  if (count < 1) inner.at('max_headers_count').refuse('out-of-range', 'must be at least 1')
  const underscores = common?.headersWithUnderscoresAction ?? Underscores.ALLOW
  return {
    maxRequestsPerConnection: common?.maxRequestsPerConnection ?? 0,
    maxRequestHeadersBytes: kb * 1024,
    maxRequestHeadersCount: count,
    headersWithUnderscores: oneOf(UNDERSCORES, underscores, 'reject', inner.at('headers_with_underscores_action')),
  }
}

/** What becomes of a request's path and host before routes see them. */
function decodeTarget(
  manager: HttpConnectionManager,
  report: Report,
): Part<'normalizePath' | 'mergeSlashes' | 'escapedSlashes' | 'stripHostPort' | 'stripTrailingHostDot'> {
  const stripAny = manager.stripPortMode?.value === true
  if (stripAny && manager.stripMatchingHostPort)
    report.at('strip_any_host_port').refuse('conflict', 'cannot be used together with strip_matching_host_port')
  return {
    normalizePath: manager.normalizePath ?? false,
    mergeSlashes: manager.mergeSlashes,
    escapedSlashes: oneOf(ESCAPED_SLASHES, manager.pathWithEscapedSlashesAction, 'reject', report.at('path_with_escaped_slashes_action')),
    stripHostPort: stripAny ? 'any' : manager.stripMatchingHostPort ? 'matching' : 'no',
    stripTrailingHostDot: manager.stripTrailingHostDot,
  }
}

function decodeUpgrades(manager: HttpConnectionManager, report: Report): readonly string[] {
  return manager.upgradeConfigs.flatMap(({ upgradeType, enabled, filters }, i) => {
    if (filters.length > 0) report.at(i, 'filters').refuse('unsupported-field', 'is not supported')
    return enabled === false ? [] : [upgradeType.toLowerCase()]
  })
}

function oneOf<T>(values: ReadonlyMap<number, T>, value: number, fallback: T, report: Report): T {
  const known = values.get(value)
  if (known === undefined) report.refuse('unknown-value', `${value} is not a value`)
  return known ?? fallback
}

function decodeRoutes(
  specifier: HttpConnectionManager['routeSpecifier'],
  filters: FilterCatalog,
  report: Report,
): HttpConnectionManagerConfig['routes'] {
  if (specifier?.$case === 'rds')
    return { kind: 'rds', name: required(specifier.value.routeConfigName, report.at('rds', 'route_config_name')) }
  if (specifier?.$case === 'routeConfig') {
    return { kind: 'inline', table: decodeRouteTable(specifier.value, filters, report.at('route_config')) }
  }
  if (specifier?.$case === 'scopedRoutes') return decodeScopedRoutes(specifier.value, filters, report.at('scoped_routes'))
  report.refuse('required', 'must have routes')
  return { kind: 'rds', name: '' }
}
