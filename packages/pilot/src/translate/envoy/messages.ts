/** The message types that pilot packs into `Any`: one explicit table, named by their protobuf names. */
import { FileAccessLog } from '@meshwork/protos/envoy/extensions/access_loggers/file/v3/file'
import { Cors, CorsPolicy } from '@meshwork/protos/envoy/extensions/filters/http/cors/v3/cors'
import { HTTPFault } from '@meshwork/protos/envoy/extensions/filters/http/fault/v3/fault'
import { Router } from '@meshwork/protos/envoy/extensions/filters/http/router/v3/router'
import { HttpInspector } from '@meshwork/protos/envoy/extensions/filters/listener/http_inspector/v3/http_inspector'
import { OriginalDst } from '@meshwork/protos/envoy/extensions/filters/listener/original_dst/v3/original_dst'
import { OriginalSrc } from '@meshwork/protos/envoy/extensions/filters/listener/original_src/v3/original_src'
import { TlsInspector } from '@meshwork/protos/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector'
import { HttpConnectionManager } from '@meshwork/protos/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager'
import { MongoProxy } from '@meshwork/protos/envoy/extensions/filters/network/mongo_proxy/v3/mongo_proxy'
import { TcpProxy } from '@meshwork/protos/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy'
import { PreviousPrioritiesConfig } from '@meshwork/protos/envoy/extensions/retry/priority/previous_priorities/v3/previous_priorities_config'
import { ProxyProtocolUpstreamTransport } from '@meshwork/protos/envoy/extensions/transport_sockets/proxy_protocol/v3/upstream_proxy_protocol'
import { RawBuffer } from '@meshwork/protos/envoy/extensions/transport_sockets/raw_buffer/v3/raw_buffer'
import { DownstreamTlsContext, UpstreamTlsContext } from '@meshwork/protos/envoy/extensions/transport_sockets/tls/v3/tls'
import { HttpProtocolOptions } from '@meshwork/protos/envoy/extensions/upstreams/http/v3/http_protocol_options'
import { messageType, type MessageType } from '@meshwork/protos/any'

export const CORS: MessageType<Cors> = messageType('envoy.extensions.filters.http.cors.v3.Cors', Cors)
export const CORS_POLICY: MessageType<CorsPolicy> = messageType('envoy.extensions.filters.http.cors.v3.CorsPolicy', CorsPolicy)
export const DOWNSTREAM_TLS: MessageType<DownstreamTlsContext> = messageType(
  'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
  DownstreamTlsContext,
)
export const FAULT: MessageType<HTTPFault> = messageType('envoy.extensions.filters.http.fault.v3.HTTPFault', HTTPFault)
export const FILE_ACCESS_LOG: MessageType<FileAccessLog> = messageType(
  'envoy.extensions.access_loggers.file.v3.FileAccessLog',
  FileAccessLog,
)
export const HTTP_CONNECTION_MANAGER: MessageType<HttpConnectionManager> = messageType(
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
  HttpConnectionManager,
)
export const HTTP_INSPECTOR: MessageType<HttpInspector> = messageType(
  'envoy.extensions.filters.listener.http_inspector.v3.HttpInspector',
  HttpInspector,
)
export const HTTP_PROTOCOL_OPTIONS: MessageType<HttpProtocolOptions> = messageType(
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
  HttpProtocolOptions,
)
export const PREVIOUS_PRIORITIES: MessageType<PreviousPrioritiesConfig> = messageType(
  'envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig',
  PreviousPrioritiesConfig,
)
export const ORIGINAL_DST: MessageType<OriginalDst> = messageType(
  'envoy.extensions.filters.listener.original_dst.v3.OriginalDst',
  OriginalDst,
)
export const ORIGINAL_SRC: MessageType<OriginalSrc> = messageType(
  'envoy.extensions.filters.listener.original_src.v3.OriginalSrc',
  OriginalSrc,
)
export const PROXY_PROTOCOL_TRANSPORT: MessageType<ProxyProtocolUpstreamTransport> = messageType(
  'envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport',
  ProxyProtocolUpstreamTransport,
)
export const MONGO_PROXY: MessageType<MongoProxy> = messageType('envoy.extensions.filters.network.mongo_proxy.v3.MongoProxy', MongoProxy)
export const RAW_BUFFER: MessageType<RawBuffer> = messageType('envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer', RawBuffer)
export const ROUTER: MessageType<Router> = messageType('envoy.extensions.filters.http.router.v3.Router', Router)
export const TCP_PROXY: MessageType<TcpProxy> = messageType('envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy', TcpProxy)
export const TLS_INSPECTOR: MessageType<TlsInspector> = messageType(
  'envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector',
  TlsInspector,
)
export const UPSTREAM_TLS: MessageType<UpstreamTlsContext> = messageType(
  'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
  UpstreamTlsContext,
)
