import type { DeepPartial } from '@meshwork/protos/envoy/config/cluster/v3/cluster'
import { OpenTelemetryConfig } from '@meshwork/protos/envoy/config/trace/v3/opentelemetry'
import { ZipkinConfig, ZipkinConfig_CollectorEndpointVersion } from '@meshwork/protos/envoy/config/trace/v3/zipkin'
import { HttpConnectionManager_Tracing } from '@meshwork/protos/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager'
import type { CustomTag } from '@meshwork/protos/envoy/type/tracing/v3/custom_tag'
import type { Any } from '@meshwork/protos/google/protobuf/any'
import { packAny } from '@meshwork/protos/any'
import { duration } from '../envoy/duration.ts'
import type { TraceCollector, TracingSettings } from './inputs.ts'
import { OPEN_TELEMETRY, ZIPKIN } from './telemetry-messages.ts'

/** Time that a collector gets for one report. */
const REPORT_TIMEOUT_MS = 10_000

/** The tracing of a connection manager, as Istio sets it: whoever asks for a trace gets it, all others by the sampling rate. */
export function buildTracing({ collector, sampling, maxPathTagLength, tags, customTags }: TracingSettings): HttpConnectionManager_Tracing {
  return HttpConnectionManager_Tracing.fromPartial({
    clientSampling: { value: 100 },
    randomSampling: { value: sampling },
    overallSampling: { value: 100 },
    ...(maxPathTagLength === 0 ? {} : { maxPathTagLength }),
    customTags: [...tags.map(([tag, value]) => literalTag(tag, value)), ...customTagsOf(customTags)],
    provider: { name: providerName(collector), configType: { $case: 'typedConfig', value: buildProvider(collector) } },
  })
}

function literalTag(tag: string, value: string): CustomTag {
  return { tag, type: { $case: 'literal', value: { value } } }
}

/** By name, so that equal settings make equal bytes. */
function customTagsOf(tags: TracingSettings['customTags']): CustomTag[] {
  const entries = Object.entries(tags).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return entries.flatMap(([tag, { literal, environment, header }]): CustomTag[] => {
    if (literal !== undefined) return [literalTag(tag, literal.value)]
    if (environment !== undefined) return [{ tag, type: { $case: 'environment', value: environment } }]
    return header === undefined ? [] : [{ tag, type: { $case: 'requestHeader', value: header } }]
  })
}

function providerName({ kind }: TraceCollector): string {
  return kind === 'zipkin' ? 'envoy.tracers.zipkin' : 'envoy.tracers.opentelemetry'
}

function buildProvider(collector: TraceCollector): Any {
  if (collector.kind !== 'zipkin') return packAny(OPEN_TELEMETRY, OpenTelemetryConfig.fromPartial(otlpConfig(collector)))
  const { cluster, hostname, path, wideIds } = collector
  const config = ZipkinConfig.fromPartial({
    collectorCluster: cluster,
    collectorEndpoint: path,
    collectorEndpointVersion: ZipkinConfig_CollectorEndpointVersion.HTTP_JSON,
    collectorHostname: hostname,
    traceId128bit: wideIds,
    sharedSpanContext: false,
  })
  return packAny(ZIPKIN, config)
}

type Otlp = Exclude<TraceCollector, { readonly kind: 'zipkin' }>

function otlpConfig(collector: Otlp): DeepPartial<OpenTelemetryConfig> {
  const { cluster, hostname, serviceName } = collector
  if (collector.kind === 'otlp-grpc') {
    const target = { $case: 'envoyGrpc' as const, value: { clusterName: cluster, authority: hostname } }
    return { serviceName, grpcService: { targetSpecifier: target, timeout: duration(REPORT_TIMEOUT_MS) } }
  }
  const uri = `http://${hostname}${collector.path}`
  const httpUri = { uri, httpUpstreamType: { $case: 'cluster' as const, value: cluster }, timeout: duration(REPORT_TIMEOUT_MS) }
  return { serviceName, httpService: { httpUri } }
}
