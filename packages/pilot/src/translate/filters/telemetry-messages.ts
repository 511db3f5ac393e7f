import { OpenTelemetryConfig } from '@meshwork/protos/envoy/config/trace/v3/opentelemetry'
import { ZipkinConfig } from '@meshwork/protos/envoy/config/trace/v3/zipkin'
import { FilterConfig as GrpcStats } from '@meshwork/protos/envoy/extensions/filters/http/grpc_stats/v3/config'
import { Config } from '@meshwork/protos/io/istio/http/peer_metadata/config'
import { PluginConfig } from '@meshwork/protos/stats/config'
import { messageType, type MessageType } from '@meshwork/protos/any'

export const GRPC_STATS: MessageType<GrpcStats> = messageType('envoy.extensions.filters.http.grpc_stats.v3.FilterConfig', GrpcStats)
export const ISTIO_STATS: MessageType<PluginConfig> = messageType('stats.PluginConfig', PluginConfig)
export const OPEN_TELEMETRY: MessageType<OpenTelemetryConfig> = messageType(
  'envoy.config.trace.v3.OpenTelemetryConfig',
  OpenTelemetryConfig,
)
export const PEER_METADATA: MessageType<Config> = messageType('io.istio.http.peer_metadata.Config', Config)
export const ZIPKIN: MessageType<ZipkinConfig> = messageType('envoy.config.trace.v3.ZipkinConfig', ZipkinConfig)
