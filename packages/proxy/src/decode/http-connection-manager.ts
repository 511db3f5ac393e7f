import { HttpProtocolOptions_HeadersWithUnderscoresAction } from '@meshwork/protos/envoy/config/core/v3/protocol'
import type { HttpProtocolOptions } from '@meshwork/protos/envoy/config/core/v3/protocol'
import {
  HttpConnectionManager,
  HttpConnectionManager_CodecType,
  HttpConnectionManager_ForwardClientCertDetails,
  HttpConnectionManager_PathWithEscapedSlashesAction,
} from '@meshwork/protos/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager'
import type { HttpConnectionManagerConfig } from '../model/listener.ts'
import { decodeAccessLogs } from './access-log.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import type { FilterCatalog } from './filter-codec.ts'
import { decodeHttp2Options } from './http2-options.ts'
import { decodeHttpFilters } from './http-filters.ts'
import type { Report } from './report.ts'
import { decodeRouteTable } from './route-table.ts'
import { durationMs, required } from './scalars.ts'
import { decodeTracing } from './tracing.ts'

const FIELDS: FieldPolicy<HttpConnectionManager> = {
  read: [
    'codecType',
    'statPrefix',
    'routeSpecifier',
    'httpFilters',
    'commonHttpProtocolOptions',
    'httpProtocolOptions',
    'http2ProtocolOptions',
    'serverName',
    'maxRequestHeadersKb',
    'streamIdleTimeout',
    'requestHeadersTimeout',
    'accessLog',
    'tracing',
    'useRemoteAddress',
    'xffNumTrustedHops',
    'generateRequestId',
    'forwardClientCertDetails',
    'upgradeConfigs',
    'normalizePath',
    'mergeSlashes',
    'pathWithEscapedSlashesAction',
  ],
  harmless: [
    // Telemetry.
    'accessLogFlushInterval',
    'flushAccessLogOnNewRequest',
    'accessLogOptions',
    'requestIdExtension',
    'proxyStatusConfig',
    // How connections end.
    'drainTimeout',
    'delayedCloseTimeout',
    // Which parts of a certificate go into `x-forwarded-client-cert`: ours has what Istio asks for.
    'setCurrentClientCertDetails',
    // Our answers carry one `server` header, whatever the mode.
    'serverHeaderTransformation',
    'schemeHeaderTransformation',
    // Request ids of callers are kept when they are well formed.
    'preserveExternalRequestId',
    'proxy100Continue',
    'representIpv4RemoteAddressAsIpv4MappedIpv6',
    'internalAddressConfig',
    'streamErrorOnInvalidHttpMessage',
    'typedHeaderValidationConfig',
    'appendXForwardedPort',
    'appendLocalOverload',
  ],
}

const COMMON_FIELDS: FieldPolicy<HttpProtocolOptions> = {
  read: ['idleTimeout', 'maxHeadersCount', 'headersWithUnderscoresAction'],
  harmless: [],
}

/** Defaults of HttpConnectionManager and HttpProtocolOptions. */
const DEFAULT_STREAM_IDLE_MS = 300_000
const DEFAULT_IDLE_MS = 3_600_000
const DEFAULT_HEADERS_KB = 60
const DEFAULT_HEADERS_COUNT = 100

const CERT_DETAILS: ReadonlyMap<number, HttpConnectionManagerConfig['forwardClientCert']> = new Map([
  [HttpConnectionManager_ForwardClientCertDetails.SANITIZE, 'sanitize'],
  [HttpConnectionManager_ForwardClientCertDetails.FORWARD_ONLY, 'forward-only'],
  [HttpConnectionManager_ForwardClientCertDetails.APPEND_FORWARD, 'append-forward'],
  [HttpConnectionManager_ForwardClientCertDetails.SANITIZE_SET, 'sanitize-set'],
  [HttpConnectionManager_ForwardClientCertDetails.ALWAYS_FORWARD_ONLY, 'always-forward-only'],
])

const CODECS: ReadonlyMap<number, HttpConnectionManagerConfig['codec']> = new Map([
  [HttpConnectionManager_CodecType.HTTP1, 'http1'],
  [HttpConnectionManager_CodecType.HTTP2, 'http2'],
])

export function decodeHttpConnectionManager(bytes: Uint8Array, filters: FilterCatalog, report: Report): HttpConnectionManagerConfig {
  const manager = HttpConnectionManager.decode(bytes)
  refuseOtherFields(manager, FIELDS, report)
  refuseModes(manager, report)
  const common = manager.commonHttpProtocolOptions
  return {
    kind: 'http-connection-manager',
    statPrefix: manager.statPrefix,
    routes: decodeRoutes(manager.routeSpecifier, filters, report),
    httpFilters: decodeHttpFilters(manager.httpFilters, filters, report.at('http_filters')),
    accessLog: decodeAccessLogs(manager.accessLog, report),
    tracing: decodeTracing(manager.tracing, report.at('tracing')),
    serverName: manager.serverName === '' ? 'envoy' : manager.serverName,
    useRemoteAddress: manager.useRemoteAddress ?? false,
    xffNumTrustedHops: manager.xffNumTrustedHops,
    generateRequestId: manager.generateRequestId ?? true,
    forwardClientCert: CERT_DETAILS.get(manager.forwardClientCertDetails) ?? 'sanitize',
    streamIdleTimeoutMs: durationMs(manager.streamIdleTimeout, DEFAULT_STREAM_IDLE_MS, report.at('stream_idle_timeout')),
    requestHeadersTimeoutMs: durationMs(manager.requestHeadersTimeout, 0, report.at('request_headers_timeout')),
    idleTimeoutMs: durationMs(common?.idleTimeout, DEFAULT_IDLE_MS, report.at('common_http_protocol_options', 'idle_timeout')),
    maxRequestHeadersBytes: (manager.maxRequestHeadersKb ?? DEFAULT_HEADERS_KB) * 1024,
    maxRequestHeadersCount: common?.maxHeadersCount ?? DEFAULT_HEADERS_COUNT,
    codec: CODECS.get(manager.codecType) ?? 'auto',
    http2: decodeHttp2Options(manager.http2ProtocolOptions, report.at('http2_protocol_options')),
    upgrades: manager.upgradeConfigs.flatMap(({ upgradeType, enabled }) => (enabled === false ? [] : [upgradeType.toLowerCase()])),
    allowAbsoluteUrl: manager.httpProtocolOptions?.allowAbsoluteUrl ?? true,
    normalizePath: manager.normalizePath ?? false,
    mergeSlashes: manager.mergeSlashes,
  }
}

/** Enumerations of which only some values are supported. */
function refuseModes(manager: HttpConnectionManager, report: Report): void {
  const { commonHttpProtocolOptions: common, pathWithEscapedSlashesAction: slashes } = manager
  const keep = HttpConnectionManager_PathWithEscapedSlashesAction.KEEP_UNCHANGED
  if (manager.codecType === HttpConnectionManager_CodecType.HTTP3)
    report.at('codec_type').refuse('unsupported-protocol', 'HTTP/3 is not supported')
  if (slashes !== HttpConnectionManager_PathWithEscapedSlashesAction.IMPLEMENTATION_SPECIFIC_DEFAULT && slashes !== keep) {
    report.at('path_with_escaped_slashes_action').refuse('unsupported-field', 'must be KEEP_UNCHANGED')
  }
  for (const [i, upgrade] of manager.upgradeConfigs.entries()) {
    if (upgrade.filters.length > 0) report.at('upgrade_configs', i, 'filters').refuse('unsupported-field', 'is not supported')
  }
  if (common === undefined) return
  const inner = report.at('common_http_protocol_options')
  refuseOtherFields(common, COMMON_FIELDS, inner)
  if (common.headersWithUnderscoresAction !== HttpProtocolOptions_HeadersWithUnderscoresAction.ALLOW) {
    inner.at('headers_with_underscores_action').refuse('unsupported-field', 'must be ALLOW')
  }
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
  report.refuse('unsupported-field', specifier === undefined ? 'must have routes' : `'${specifier.$case}' is not supported`)
  return { kind: 'rds', name: '' }
}
