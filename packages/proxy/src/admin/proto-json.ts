import { typeUrl } from '@meshwork/protos/any'
import { FileAccessLog } from '@meshwork/protos/envoy/extensions/access_loggers/file/v3/file'
import { StdoutAccessLog } from '@meshwork/protos/envoy/extensions/access_loggers/stream/v3/stream'
import { Cors, CorsPolicy } from '@meshwork/protos/envoy/extensions/filters/http/cors/v3/cors'
import { HTTPFault } from '@meshwork/protos/envoy/extensions/filters/http/fault/v3/fault'
import { Router } from '@meshwork/protos/envoy/extensions/filters/http/router/v3/router'
import { HttpInspector } from '@meshwork/protos/envoy/extensions/filters/listener/http_inspector/v3/http_inspector'
import { OriginalDst } from '@meshwork/protos/envoy/extensions/filters/listener/original_dst/v3/original_dst'
import { TlsInspector } from '@meshwork/protos/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector'
import { HttpConnectionManager } from '@meshwork/protos/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager'
import { TcpProxy } from '@meshwork/protos/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy'
import { RawBuffer } from '@meshwork/protos/envoy/extensions/transport_sockets/raw_buffer/v3/raw_buffer'
import { DownstreamTlsContext, UpstreamTlsContext } from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/tls'
import { HttpProtocolOptions } from '@meshwork/protos/envoy/extensions/upstreams/http/v3/http_protocol_options'
import { HttpClientConfig, ServiceConfig } from '@meshwork/protos/istio/mixer/v1/config/client/client_config'

type Json = Readonly<Record<string, unknown>>

/** Reads one message and gives ts-proto's JSON of it. */
type ToJson = (bytes: Uint8Array) => unknown

function codec<T>(message: { decode(bytes: Uint8Array): T; toJSON(message: T): unknown }): ToJson {
  return bytes => message.toJSON(message.decode(bytes))
}

/** The messages that stand in an `Any` of a resource. Others are shown as base64. */
const INNER: ReadonlyMap<string, ToJson> = new Map(
  Object.entries({
    'envoy.extensions.access_loggers.file.v3.FileAccessLog': codec(FileAccessLog),
    'envoy.extensions.access_loggers.stream.v3.StdoutAccessLog': codec(StdoutAccessLog),
    'envoy.extensions.filters.http.cors.v3.Cors': codec(Cors),
    'envoy.extensions.filters.http.cors.v3.CorsPolicy': codec(CorsPolicy),
    'envoy.extensions.filters.http.fault.v3.HTTPFault': codec(HTTPFault),
    'envoy.extensions.filters.http.router.v3.Router': codec(Router),
    'envoy.extensions.filters.listener.http_inspector.v3.HttpInspector': codec(HttpInspector),
    'envoy.extensions.filters.listener.original_dst.v3.OriginalDst': codec(OriginalDst),
    'envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector': codec(TlsInspector),
    'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager': codec(HttpConnectionManager),
    'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy': codec(TcpProxy),
    'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer': codec(RawBuffer),
    'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext': codec(DownstreamTlsContext),
    'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext': codec(UpstreamTlsContext),
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': codec(HttpProtocolOptions),
    'istio.mixer.v1.config.client.HttpClientConfig': codec(HttpClientConfig),
    'istio.mixer.v1.config.client.ServiceConfig': codec(ServiceConfig),
  }).map(([name, each]) => [typeUrl(name), each]),
)

/** Fields whose contents are the user's own JSON. */
const FREE_FORM: ReadonlySet<string> = new Set(['filterMetadata', 'match', 'jsonFormat'])
/** Maps, whose keys are names. */
const NAMED: ReadonlySet<string> = new Set([
  'typedPerFilterConfig',
  'typedExtensionProtocolOptions',
  'typedFilterMetadata',
  'serviceConfigs',
  'attributes',
])
/** Key material. Whoever may read a dump need not know it. */
const SECRET: ReadonlySet<string> = new Set(['privateKey', 'password', 'pkcs12', 'privateKeyProvider', 'sessionTicketKeys'])
const DURATION_FIELD = /(timeout|interval|duration|Timeout|Interval|Duration|RefreshRate|ejectionTime|timeoutOffset)$/

/**
 * Protobuf's JSON as Envoy's admin interface writes it: proto field names, `@type` for `Any`, `1.5s` for durations, no keys.
 * ts-proto's own JSON differs in those four points; this makes them good without descriptors, by the names of the fields.
 */
export function envoyJson(value: unknown): unknown {
  return convert(value, '')
}

function convert(value: unknown, field: string): unknown {
  if (Array.isArray(value)) return value.map(each => convert(each, field))
  if (!isObject(value)) return value
  if (isAny(value)) return expandAny(value)
  if (isDuration(value, field)) return durationText(value)
  // A route's `match` is a message, a transport socket's is free JSON: only the first has a path or header specifier.
  if (FREE_FORM.has(field) && !looksLikeRouteMatch(value)) return value
  const keepNames = NAMED.has(field)
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [keepNames ? key : snakeCase(key), convertField(each, keepNames ? '' : key)]),
  )
}

function convertField(value: unknown, key: string): unknown {
  if (!SECRET.has(key)) return convert(value, key)
  return isObject(value) && 'filename' in value ? { filename: value['filename'] } : { inline_string: '[redacted]' }
}

function expandAny({ typeUrl: url, value }: Json): Json {
  const known = INNER.get(String(url))
  if (known === undefined) return value === undefined ? { '@type': url } : { '@type': url, value }
  const inner = convert(known(Buffer.from(typeof value === 'string' ? value : '', 'base64')), '')
  return { '@type': url, ...(isObject(inner) ? inner : {}) }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null
}

function isAny(value: Json): boolean {
  return typeof value['typeUrl'] === 'string' && Object.keys(value).every(key => key === 'typeUrl' || key === 'value')
}

function isDuration(value: Json, field: string): boolean {
  return DURATION_FIELD.test(field) && Object.keys(value).every(key => key === 'seconds' || key === 'nanos')
}

/** Three, six or nine decimals, as protobuf's JSON mapping has it. */
function durationText({ seconds = '0', nanos = 0 }: Json): string {
  const digits = String(nanos)
    .padStart(9, '0')
    .replace(/(000){1,3}$/, '')
  return `${String(seconds)}${digits === '' ? '' : `.${digits}`}s`
}

function looksLikeRouteMatch(value: Json): boolean {
  return ['prefix', 'path', 'safeRegex', 'pathSeparatedPrefix', 'connectMatcher', 'headers'].some(key => key in value)
}

function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
}
