import { messageOf } from '@meshwork/core/result'
import { OpenTelemetryConfig } from '@meshwork/protos/envoy/config/trace/v3/opentelemetry'
import { ZipkinConfig, ZipkinConfig_CollectorEndpointVersion } from '@meshwork/protos/envoy/config/trace/v3/zipkin'
import type { HttpConnectionManager_Tracing } from '@meshwork/protos/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager'
import type { Percent } from '@meshwork/protos/envoy/type/v3/percent'
import type { CustomTag as ProtoTag } from '@meshwork/protos/envoy/type/tracing/v3/custom_tag'
import type { CustomTag, TracingConfig, TracingProvider } from '../model/tracing.ts'
import { type FieldPolicy, refuseOtherFields } from './field-policy.ts'
import type { Report } from './report.ts'
import { required } from './scalars.ts'

const FIELDS: FieldPolicy<HttpConnectionManager_Tracing> = {
  read: ['clientSampling', 'randomSampling', 'overallSampling', 'verbose', 'maxPathTagLength', 'customTags', 'provider'],
  harmless: [],
}
const ZIPKIN_FIELDS: FieldPolicy<ZipkinConfig> = {
  read: ['collectorCluster', 'collectorEndpoint', 'collectorEndpointVersion', 'collectorHostname', 'traceId128bit', 'sharedSpanContext'],
  harmless: [],
}
const OTEL_FIELDS: FieldPolicy<OpenTelemetryConfig> = {
  read: ['grpcService', 'httpService', 'serviceName'],
  harmless: ['resourceDetectors'],
}

const ZIPKIN = 'type.googleapis.com/envoy.config.trace.v3.ZipkinConfig'
const OPEN_TELEMETRY = 'type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig'
const DEFAULT_PATH_LENGTH = 256
/** Path of `TraceService` over HTTP (OTLP specification). */
const OTLP_PATH = '/v1/traces'

/** null: nothing is traced (no provider), or the provider was refused. */
export function decodeTracing(tracing: HttpConnectionManager_Tracing | undefined, report: Report): TracingConfig | null {
  if (tracing === undefined) return null
  refuseOtherFields(tracing, FIELDS, report)
  const provider = decodeProvider(tracing, report.at('provider', 'typed_config'))
  if (provider === null) return null
  return {
    clientSampling: percent(tracing.clientSampling),
    randomSampling: percent(tracing.randomSampling),
    overallSampling: percent(tracing.overallSampling),
    verbose: tracing.verbose,
    maxPathTagLength: tracing.maxPathTagLength ?? DEFAULT_PATH_LENGTH,
    customTags: tracing.customTags.flatMap((tag, i) => decodeTag(tag, report.at('custom_tags', i)) ?? []),
    provider,
  }
}

function percent(value: Percent | undefined): number {
  return value?.value ?? 100
}

function decodeProvider({ provider }: HttpConnectionManager_Tracing, report: Report): TracingProvider | null {
  if (provider === undefined) return null
  const config = provider.configType?.value
  try {
    if (config?.typeUrl === ZIPKIN) return decodeZipkin(ZipkinConfig.decode(config.value), report)
    if (config?.typeUrl === OPEN_TELEMETRY) return decodeOpenTelemetry(OpenTelemetryConfig.decode(config.value), report)
    report.refuse('unknown-type', `${config?.typeUrl ?? `'${provider.name}' without configuration`} is not supported`)
  } catch (error) {
    report.refuse('malformed', messageOf(error))
  }
  return null
}

function decodeZipkin(zipkin: ZipkinConfig, report: Report): TracingProvider {
  refuseOtherFields(zipkin, ZIPKIN_FIELDS, report)
  if (zipkin.collectorEndpointVersion !== ZipkinConfig_CollectorEndpointVersion.HTTP_JSON) {
    report.at('collector_endpoint_version').refuse('unsupported-field', 'must be HTTP_JSON')
  }
  const cluster = required(zipkin.collectorCluster, report.at('collector_cluster'))
  return {
    kind: 'zipkin',
    cluster,
    path: required(zipkin.collectorEndpoint, report.at('collector_endpoint')),
    hostname: zipkin.collectorHostname === '' ? cluster : zipkin.collectorHostname,
    traceId128Bit: zipkin.traceId128bit,
    sharedSpanContext: zipkin.sharedSpanContext ?? true,
  }
}

function decodeOpenTelemetry(config: OpenTelemetryConfig, report: Report): TracingProvider {
  refuseOtherFields(config, OTEL_FIELDS, report)
  const { grpcService, httpService, serviceName } = config
  if (httpService !== undefined) {
    const uri = httpService.httpUri
    const cluster = uri?.httpUpstreamType?.value ?? ''
    const url = URL.parse(uri?.uri ?? '')
    if (url === null) report.at('http_service', 'http_uri', 'uri').refuse('bad-uri', 'is not a URI')
    return {
      kind: 'opentelemetry',
      transport: 'http',
      cluster: required(cluster, report.at('http_service', 'http_uri', 'cluster')),
      path: url === null || url.pathname === '/' ? OTLP_PATH : url.pathname + url.search,
      hostname: url?.host ?? cluster,
      headers: httpService.requestHeadersToAdd.flatMap(({ header }) => (header === undefined ? [] : [[header.key, header.value] as const])),
      serviceName,
    }
  }
  const target = grpcService?.targetSpecifier
  if (target?.$case !== 'envoyGrpc') report.at('grpc_service').refuse('unsupported-field', 'must name a cluster by envoy_grpc')
  const { clusterName, authority } = target?.$case === 'envoyGrpc' ? target.value : { clusterName: '', authority: '' }
  return {
    kind: 'opentelemetry',
    transport: 'grpc',
    cluster: clusterName,
    path: '',
    hostname: authority === '' ? clusterName : authority,
    headers: (grpcService?.initialMetadata ?? []).map(({ key, value }) => [key, value] as const),
    serviceName,
  }
}

function decodeTag({ tag, type }: ProtoTag, report: Report): CustomTag | null {
  switch (type?.$case) {
    case 'literal':
      return { kind: 'literal', tag, value: type.value.value }
    case 'environment':
      return { kind: 'environment', tag, name: type.value.name, fallback: type.value.defaultValue }
    case 'requestHeader':
      return { kind: 'request-header', tag, name: type.value.name.toLowerCase(), fallback: type.value.defaultValue }
    case 'metadata':
      return metadataTag(tag, type.value, report.at('metadata'))
    default:
      report.refuse('required', 'must say where its value comes from')
      return null
  }
}

type MetadataTag = Extract<NonNullable<ProtoTag['type']>, { $case: 'metadata' }>['value']

function metadataTag(tag: string, { kind, metadataKey, defaultValue }: MetadataTag, report: Report): CustomTag | null {
  const source = kind?.kind?.$case
  if (source !== 'route' && source !== 'cluster' && source !== 'host') {
    report.at('kind').refuse('unsupported-field', 'must be route, cluster or host')
    return null
  }
  const path = (metadataKey?.path ?? []).flatMap(({ segment }) => (segment === undefined ? [] : segment.value))
  return { kind: 'metadata', tag, source, namespace: metadataKey?.key ?? '', path, fallback: defaultValue }
}
