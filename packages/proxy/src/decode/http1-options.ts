import type {
  Http1ProtocolOptions,
  Http1ProtocolOptions_HeaderKeyFormat,
  HttpProtocolOptions,
} from '@meshwork/protos/envoy/config/core/v3/protocol'
import {
  PreserveCaseFormatterConfig,
  PreserveCaseFormatterConfig_FormatterTypeOnEnvoyHeaders,
} from '@meshwork/protos/envoy/extensions/http/header_formatters/preserve_case/v3/preserve_case'
import type { Http1ClientOptions } from '../model/cluster.ts'
import type { HeaderCase, Http1ServerOptions } from '../model/http-connection-manager.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import type { Report } from './report.ts'
import { unpack } from './unpack.ts'

const SERVER_FIELDS: FieldPolicy<Http1ProtocolOptions> = {
  read: [
    'allowAbsoluteUrl',
    'acceptHttp10',
    'defaultHostForHttp10',
    'headerKeyFormat',
    'enableTrailers',
    'allowCustomMethods',
    'overrideStreamErrorOnInvalidHttpMessage',
  ],
  // `send_fully_qualified_url` is about upstreams; there is one parser. `allow_chunked_length` stays refused: two lengths, two readers.
  harmless: ['sendFullyQualifiedUrl', 'useBalsaParser'],
}

/** `streamError`: the connection manager's own `stream_error_on_invalid_http_message`. */
export function decodeHttp1ServerOptions(
  options: Http1ProtocolOptions | undefined,
  streamError: boolean,
  report: Report,
): Http1ServerOptions {
  if (options !== undefined) refuseOtherFields(options, SERVER_FIELDS, report)
  return {
    allowAbsoluteUrl: options?.allowAbsoluteUrl ?? true,
    acceptHttp10: options?.acceptHttp10 ?? false,
    defaultHostForHttp10: options?.defaultHostForHttp10 ?? '',
    headerCase: decodeHeaderCase(options?.headerKeyFormat, report.at('header_key_format')),
    trailers: options?.enableTrailers ?? false,
    customMethods: options?.allowCustomMethods ?? false,
    streamError: options?.overrideStreamErrorOnInvalidHttpMessage ?? streamError,
  }
}

const CLIENT_FIELDS: FieldPolicy<Http1ProtocolOptions> = {
  read: ['headerKeyFormat', 'enableTrailers'],
  // What upstreams send is never in these forms.
  harmless: [
    'allowAbsoluteUrl',
    'acceptHttp10',
    'defaultHostForHttp10',
    'useBalsaParser',
    'overrideStreamErrorOnInvalidHttpMessage',
    'allowCustomMethods',
  ],
}

/** Defaults of HttpProtocolOptions.max_headers_count and max_response_headers_kb. */
const DEFAULT_RESPONSE_HEADERS = 100
const DEFAULT_RESPONSE_HEADERS_KB = 60

export function decodeHttp1ClientOptions(
  options: Http1ProtocolOptions | undefined,
  common: HttpProtocolOptions | undefined,
  report: Report,
): Http1ClientOptions {
  if (options !== undefined) refuseOtherFields(options, CLIENT_FIELDS, report)
  return {
    headerCase: decodeHeaderCase(options?.headerKeyFormat, report.at('header_key_format')),
    trailers: options?.enableTrailers ?? false,
    maxResponseHeadersBytes: DEFAULT_RESPONSE_HEADERS_KB * 1024,
    maxResponseHeadersCount: common?.maxHeadersCount ?? DEFAULT_RESPONSE_HEADERS,
  }
}

const PRESERVE_CASE = 'type.googleapis.com/envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig'

/** `Http1ProtocolOptions.header_key_format`, of either side. */
export function decodeHeaderCase(format: Http1ProtocolOptions_HeaderKeyFormat | undefined, report: Report): HeaderCase {
  if (format === undefined) return 'lower'
  if (format.headerFormat?.$case === 'properCaseWords') return 'proper'
  if (format.headerFormat?.$case !== 'statefulFormatter') {
    report.refuse('required', 'must name a format')
    return 'lower'
  }
  const inner = report.at('stateful_formatter', 'typed_config')
  const config = unpack(format.headerFormat.value.typedConfig, PRESERVE_CASE, PreserveCaseFormatterConfig, inner)
  if (config?.forwardReasonPhrase === true) inner.at('forward_reason_phrase').refuse('unsupported-field', 'is not supported')
  const plain = PreserveCaseFormatterConfig_FormatterTypeOnEnvoyHeaders.DEFAULT
  if (config !== null && config.formatterTypeOnEnvoyHeaders !== plain) {
    inner.at('formatter_type_on_envoy_headers').refuse('unsupported-field', 'must be DEFAULT')
  }
  return 'preserve'
}
