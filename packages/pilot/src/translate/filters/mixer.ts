import type { HttpFilter } from '@meshwork/protos/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager'
import type { Any } from '@meshwork/protos/google/protobuf/any'
import { Attributes } from '@meshwork/protos/istio/mixer/v1/attributes'
import { HttpClientConfig, NetworkFailPolicy_FailPolicy, ServiceConfig } from '@meshwork/protos/istio/mixer/v1/config/client/client_config'
import { packAny } from '@meshwork/protos/any'
import type { MixerSettings, ServiceIdentity } from './inputs.ts'
import { MIXER_CLIENT, MIXER_SERVICE } from './mixer-messages.ts'

/** Name of the filter, and key of its per-route settings, as in Istio 1.0. */
export const MIXER_FILTER = 'mixer'

/** Where the filter stands: its attributes describe the workload as source or as destination. */
export type MixerPlace =
  | { readonly kind: 'outbound' }
  /** `ip` is the workload's address, `port` the one that the endpoint listens on. */
  | { readonly kind: 'inbound'; readonly ip: string; readonly port: number; readonly service: ServiceIdentity | undefined }

/** The attributes that Istio 1.0's control plane states for a proxy (mixer.md 2.3). */
export function buildMixerFilter(settings: MixerSettings, place: MixerPlace): HttpFilter {
  const config = HttpClientConfig.fromPartial({
    transport: {
      checkCluster: settings.checkCluster,
      reportCluster: settings.reportCluster,
      networkFailPolicy: { policy: NetworkFailPolicy_FailPolicy.FAIL_CLOSE },
      attributesForMixerProxy: attributes({ 'source.uid': settings.workloadUid }),
    },
    mixerAttributes: place.kind === 'outbound' ? outboundAttributes(settings) : inboundAttributes(settings, place.ip, place.port),
    ...(place.kind === 'outbound' ? { forwardAttributes: attributes({ 'source.uid': settings.workloadUid }) } : {}),
    ...(place.kind === 'inbound' && place.service !== undefined ? destination(settings, place.service) : {}),
  })
  return {
    name: MIXER_FILTER,
    configType: { $case: 'typedConfig', value: packAny(MIXER_CLIENT, config) },
    isOptional: false,
    disabled: false,
  }
}

function destination(settings: MixerSettings, service: ServiceIdentity): Partial<HttpClientConfig> {
  return {
    defaultDestinationService: service.host,
    serviceConfigs: { [service.host]: serviceConfig(settings, 'inbound', service) },
  }
}

/** What a route adds: the service it leads to, and whether it is checked here. */
export function buildMixerRoute(settings: MixerSettings, direction: 'inbound' | 'outbound', service: ServiceIdentity): Any {
  return packAny(MIXER_SERVICE, serviceConfig(settings, direction, service))
}

function serviceConfig(settings: MixerSettings, direction: 'inbound' | 'outbound', service: ServiceIdentity): ServiceConfig {
  return ServiceConfig.fromPartial({
    disableCheckCalls: !checksHere(settings, direction),
    disableReportCalls: settings.reportCluster === '',
    mixerAttributes: attributes({
      'destination.service': service.host,
      'destination.service.host': service.host,
      'destination.service.name': service.name,
      'destination.service.namespace': service.namespace,
      'destination.service.uid': `istio://${service.namespace}/services/${service.name}`,
    }),
  })
}

/** A sidecar checks what it receives, a gateway what it sends: otherwise each request between two sidecars were checked twice. */
function checksHere(settings: MixerSettings, direction: 'inbound' | 'outbound'): boolean {
  if (settings.disableChecks || settings.checkCluster === '') return false
  return direction === 'inbound' || settings.kind === 'router'
}

function outboundAttributes(settings: MixerSettings): Attributes {
  return attributes({
    'source.uid': settings.workloadUid,
    'source.namespace': settings.workloadNamespace,
    'context.reporter.uid': settings.workloadUid,
    'context.reporter.kind': 'outbound',
  })
}

function inboundAttributes(settings: MixerSettings, ip: string, port: number): Attributes {
  return attributes({
    'destination.uid': settings.workloadUid,
    'destination.namespace': settings.workloadNamespace,
    'destination.ip': addressBytes(ip),
    'destination.port': port,
    'context.reporter.uid': settings.workloadUid,
    'context.reporter.kind': 'inbound',
  })
}

/** 16 bytes; IPv4 as IPv4-mapped IPv6 (RFC 4291 section 2.5.5.2). Anything else counts as unspecified. */
function addressBytes(ip: string): Uint8Array {
  const bytes = new Uint8Array(16)
  const parts = ip.split('.').map(Number)
  if (parts.length === 4 && parts.every(part => Number.isInteger(part) && part >= 0 && part <= 255)) {
    bytes.set([0xff, 0xff, ...parts], 10)
  }
  return bytes
}

function attributes(values: Readonly<Record<string, string | number | Uint8Array>>): Attributes {
  return Attributes.fromPartial({
    attributes: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value: attributeValue(value) }])),
  })
}

type AttributeValue =
  | { $case: 'stringValue'; value: string }
  | { $case: 'int64Value'; value: bigint }
  | { $case: 'bytesValue'; value: Uint8Array }

function attributeValue(value: string | number | Uint8Array): AttributeValue {
  if (typeof value === 'string') return { $case: 'stringValue', value }
  return typeof value === 'number' ? { $case: 'int64Value', value: BigInt(value) } : { $case: 'bytesValue', value }
}
