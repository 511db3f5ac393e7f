import type { Filter } from '@meshwork/protos/envoy/config/listener/v3/listener_components'
import type { HttpFilter } from '@meshwork/protos/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager'
import { Config } from '@meshwork/protos/io/istio/http/peer_metadata/config'
import { PluginConfig } from '@meshwork/protos/stats/config'
import { packAny } from '@meshwork/protos/any'
import type { HttpSettings } from './inputs.ts'
import type { MixerPlace } from './mixer.ts'
import { duration } from '../envoy/duration.ts'
import { ISTIO_STATS, PEER_METADATA } from './telemetry-messages.ts'

const DISCOVERY = [{ methodSpecifier: { $case: 'istioHeaders' as const, value: { skipExternalClusters: false } } }]
/** Hosts outside the mesh are not told who calls. */
const PROPAGATION = [{ methodSpecifier: { $case: 'istioHeaders' as const, value: { skipExternalClusters: true } } }]

/** Learns from the other end's proxy which workload it stands for, and tells it the same: the labels of the metrics. */
export function buildPeerMetadata(place: MixerPlace): HttpFilter {
  const config =
    place.kind === 'inbound'
      ? { downstreamDiscovery: DISCOVERY, downstreamPropagation: DISCOVERY }
      : { upstreamDiscovery: DISCOVERY, upstreamPropagation: PROPAGATION }
  return {
    name: 'istio.metadata_exchange',
    configType: { $case: 'typedConfig', value: packAny(PEER_METADATA, Config.fromPartial(config)) },
    isOptional: false,
    disabled: false,
  }
}

/** Counts requests under Istio's standard metrics. */
export function buildIstioStats(settings: HttpSettings, place: MixerPlace): HttpFilter {
  return {
    name: 'istio.stats',
    configType: { $case: 'typedConfig', value: packAny(ISTIO_STATS, statsConfig(settings, place.kind)) },
    isOptional: false,
    disabled: false,
  }
}

/** Counts connections under Istio's standard TCP metrics. */
export function buildTcpStats(settings: HttpSettings, direction: MixerPlace['kind']): Filter {
  return { name: 'istio.stats', configType: { $case: 'typedConfig', value: packAny(ISTIO_STATS, statsConfig(settings, direction)) } }
}

/** Who calls from outside must not make series by the hosts that he names; a sidecar's own application may. */
function statsConfig({ gateway, metrics }: HttpSettings, direction: MixerPlace['kind']): PluginConfig {
  const { dropped, tags, reportMs } = metrics
  return PluginConfig.fromPartial({
    disableHostHeaderFallback: gateway || direction === 'inbound',
    metrics: [
      ...tags.map(({ metric, removed, set }) => ({ name: metric, dimensions: Object.fromEntries(set), tagsToRemove: [...removed] })),
      ...dropped.map(name => ({ name, drop: true })),
    ],
    ...(reportMs === 0 ? {} : { tcpReportingDuration: duration(reportMs) }),
  })
}
